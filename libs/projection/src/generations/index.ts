export { compareTable, differenceOf, type TableComparison } from './compare.ts';
export { feedGenerations, type FeedingGenerations, type FeedOptions } from './feed-generations.ts';
export type { FedGeneration, FeedingStatus } from './feeding.ts';
export type { Journal } from './fill.ts';
export {
  drop,
  GenerationError,
  progressByRegion,
  promote,
  registerOf,
  rollback,
  type GenerationStore,
} from './promote.ts';
export {
  addGeneration,
  createRegisterTableCql,
  readRegister,
  RegisterChangedError,
  type Generation,
  type GenerationRegister,
} from './register.ts';
