export { ConfigurationError, loadConfig, type Environment } from './config.ts';
export { baseConfig, type BaseConfig } from './base-config.ts';
export { field } from './fields.ts';
export type { Logger } from 'pino';
export { createMetrics, type Metrics } from './metrics.ts';
export { runService, type Host, type RunningService, type Service } from './run-service.ts';
export { startTracing, type Tracing } from './tracing.ts';
