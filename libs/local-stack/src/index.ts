export { ServiceStartError } from './service-process.ts';
export { stackNames, type StackNames } from './stack-names.ts';
export { readStackState, type StackState } from './stack-state.ts';
export * from './start-stack.ts';
export { stackStatus, stopStack, type ServiceStatus, type StackStatus } from './stop-stack.ts';
