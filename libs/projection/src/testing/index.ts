// What tests of a projection are written with: events as the journal has them, and what a projection makes of them.
export { given, type GivenRows } from './given.ts';
export { goldenHash, mutationsOf } from './golden-output.ts';
export { recorded } from './recorded.ts';
export { whicheverReached } from './whichever-reached.ts';
export { assertOrderChangesNothing, assertReplayChangesNothing, type PropertyOptions } from './replay.ts';
