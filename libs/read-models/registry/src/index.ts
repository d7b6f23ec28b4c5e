export { PROJECTIONS, READ_MODEL_NAMES, READ_MODELS, type ReadModelName } from './read-models.ts';
