export { projectorConfig, type ProjectorConfig } from './config.ts';
export { runProjector, runProjectors } from './run-projector.ts';
