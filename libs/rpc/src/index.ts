export type {
  CallContext,
  CallOptions,
  Client,
  ClientMiddleware,
  ClientMiddlewareCall,
  CompatServiceDefinition,
  ServiceImplementation,
  TsProtoServiceDefinition,
} from 'nice-grpc';
export { ClientError, Metadata, ServerError, Status } from 'nice-grpc';
export {
  callerOf,
  type AccessControl,
  type Admitted,
  type Caller,
  type Credentials,
  type OwnData,
} from './access.ts';
export type { OnRefused } from './admission.ts';
export { callDeadline, DEFAULT_DEADLINE_MS } from './deadline.ts';
export * from './channels.ts';
export * from './client-errors.ts';
export {
  ERROR_DOMAIN,
  invalidArgument,
  notFound,
  permissionDenied,
  refusalError,
  regionBehind,
  resourceExhausted,
  unauthenticated,
  unavailable,
  type FieldViolation,
  type MissingPosition,
} from './errors.ts';
export type { Log } from './caller-errors.ts';
export { startWaiting } from './concurrency-limit.ts';
export type { Answers } from './middleware.ts';
export { restOf } from './rest-of.ts';
export {
  startRpcServer,
  type NamedServiceDefinition,
  type RpcServer,
  type RpcServerOptions,
  type ServiceRegistry,
} from './server.ts';
export { isLoopback } from './targets.ts';
export type { ObserveCall } from './telemetry.ts';
