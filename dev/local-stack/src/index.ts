export { kafkaAccounts, serviceAccounts } from './closed/accounts.ts';
export { closePlan, type ClosedStack } from './closed/closed-environment.ts';
export { prepareClosed } from './closed/prepare-closed.ts';
export {
  cassandraRights,
  kafkaRights,
  migrationRights,
  MIGRATIONS,
  mysqlRights,
} from './closed/rights.ts';
export { stackSecrets } from './closed/stack-secrets.ts';
export { operatorAccess, type OperatorAccess } from './closed/administrator.ts';
export { accessOf, DEVELOPMENT_ISSUER, issuerKeysFile, issueToken, type TokenWish } from './closed/issuer.ts';
export { devKeysOf, type DevKeys } from './dev-keys.ts';
export { canHavePrometheus } from './observe/programs.ts';
export { startObservers, type ObserveOptions, type Observers } from './observe/start-observers.ts';
export { stopObservers } from './observe/stop-observers.ts';
export { prepare } from './prepare.ts';
export type { RunningStack, StackAccess, StackAddresses } from './running-stack.ts';
export { planServices, type ServicePlan } from './service-plan.ts';
export { ServiceStartError } from './service-process.ts';
export { namesFromEnvironment, stackNames, type StackNames } from './stack-names.ts';
export { readStackState, type StackState } from './stack-state.ts';
export * from './start-stack.ts';
export { killStack, stackStatus, stopStack, type ServiceStatus, type StackStatus } from './stop-stack.ts';
