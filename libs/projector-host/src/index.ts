export { projectorConfig, type ProjectorConfig } from './config.ts';
export { runProjector } from './run-projector.ts';
