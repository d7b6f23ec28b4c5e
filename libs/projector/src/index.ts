export type { ProjectionObserver } from './partition/observer.ts';
export { feedGenerations, type FeedingGenerations } from './run/feed-generations.ts';
export type { FedGeneration } from './run/feeding.ts';
export type { Journal } from './run/fill.ts';
export { type RunningProjection, runProjection } from './run/run-projection.ts';
export { writeProgress } from './store/progress-writer.ts';
export { createRowWriter } from './store/row-writer.ts';
export { createTotalReads } from './store/total-reads.ts';
export { createTotals } from './store/totals.ts';
