export { backoffMs, jitteredMs, type Backoff } from './backoff.ts';
export { takeBatch, type BatchBounds } from './batch.ts';
export { createBudget } from './budget.ts';
export { createLimiter, createMutex, type Limiter } from './limiter.ts';
export { repeat, type Repeated } from './repeat.ts';
export { settled } from './settled.ts';
export { createSignal, type Signal } from './signal.ts';
export { slicesOf, type SliceBounds } from './slices.ts';
export { endsWithin, TimeoutError, within } from './within.ts';
