export type {
  CallOptions,
  Client,
  ClientMiddleware,
  ClientMiddlewareCall,
  CompatServiceDefinition,
  ServiceImplementation,
  TsProtoServiceDefinition,
} from 'nice-grpc';
export { ClientError, Metadata, ServerError, Status } from 'nice-grpc';
export type { AccessControl, Admitted, Caller, Credentials, OwnData } from './access.ts';
export type { OnRefused } from './admission.ts';
export type { CallContext } from './call-context.ts';
export { DEFAULT_DEADLINE_MS } from './deadline.ts';
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
