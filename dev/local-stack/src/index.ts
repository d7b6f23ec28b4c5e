export { devKeysOf, type DevKeys } from './dev-keys.ts';
export { prepare } from './prepare.ts';
export type { RunningStack, StackAddresses } from './running-stack.ts';
export { planServices, type ServicePlan } from './service-plan.ts';
export { ServiceStartError } from './service-process.ts';
export { namesFromEnvironment, stackNames, type StackNames } from './stack-names.ts';
export { readStackState, type StackState } from './stack-state.ts';
export * from './start-stack.ts';
export { killStack, stackStatus, stopStack, type ServiceStatus, type StackStatus } from './stop-stack.ts';
