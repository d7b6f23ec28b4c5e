import { setTimeout as pause } from 'node:timers/promises';
import {
  askToRetryOrDiscard,
  type ParkingAction,
  type ParkingRequest,
  readParkingRequest,
} from '@meridian/read-store';
import { say } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations, projectionOf, type Generations } from '../projections/store.ts';
import { findParkedAggregate, type FoundParked } from './find.ts';

/** Options of a request. */
export interface ResolveOptions extends ReaderOptions {
  /** How long to wait for the projector, in seconds. */
  readonly wait: number;
}

const LOOK_EVERY_MS = 250;

/**
 * Asks the projector that owns the partition to apply an aggregate's parked events with its current code, or to discard
 * these events. Does so in every generation in which the aggregate is parked, and prints the results. Resolves with
 * whether all of these requests are done.
 */
export async function resolve(
  action: ParkingAction,
  projector: string,
  aggregateId: string,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = projectionOf(projector);
  return onGenerations(options, async (generations) => {
    const found = await findParkedAggregate(generations, name, aggregateId);
    const done = await Promise.all(found.map((one) => resolveOne(generations, one, action, options, signal)));
    return done.every(Boolean);
  });
}

async function resolveOne(
  { session }: Generations,
  { owner, aggregate }: FoundParked,
  action: ParkingAction,
  { wait }: ResolveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const requestId = await askToRetryOrDiscard(session, owner, aggregate, action);
  const name = `${owner.projector}, generation ${owner.generation}`;
  const until = performance.now() + wait * 1_000;
  let found: ParkingRequest | undefined;
  while (performance.now() < until) {
    found = await readParkingRequest(session, owner, aggregate);
    if (found?.requestId !== requestId || found.outcome) break;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
  const { text, isDone } = whatBecameOf(requestId, found);
  say(`${name}: ${text}`);
  return isDone;
}

/** What to say of a request, from what was found last about its aggregate. */
export function whatBecameOf(
  requestId: string,
  found: Pick<ParkingRequest, 'requestId' | 'detail' | 'outcome'> | undefined,
): { readonly text: string; readonly isDone: boolean } {
  if (found && found.requestId !== requestId) return { text: REPLACED, isDone: false };
  // The detail is empty until the projector answers.
  return { text: found?.detail ? found.detail : NOT_ANSWERED, isDone: found?.outcome === 'done' };
}

const NOT_ANSWERED =
  'the projector has not answered yet, and does so when it runs; look later with meridian parked list';
/** A projector answers the newest request about an aggregate only. */
const REPLACED =
  'another request about this aggregate took the place of this one, which is not answered any more; look with meridian parked list';
