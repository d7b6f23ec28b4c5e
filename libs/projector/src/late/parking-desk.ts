import type { Log } from '@meridian/messaging';
import { finishRequest, openRequests, type ParkingRequest } from '@meridian/read-store';
import type { PartitionState, PartitionStates } from '../partition/partition-state.ts';
import { applicable, applyDeferred } from './apply-deferred.ts';
import type { LateParts } from './apply-late.ts';
import { carryOut } from './carry-out.ts';
import { tellWaiting } from './tell-waiting.ts';

/** Does what operators ask for, and what an earlier version of the code could not, in the partitions that this process owns. */
export interface ParkingDesk {
  /** Begins to look for requests, rarely while nothing is parked. */
  open(): void;
  /** Applies what an earlier version of the code could not. What cannot be applied now is tried again later. */
  takeOver(state: PartitionState): Promise<void>;
  close(): Promise<void>;
}

/** What the desk needs. */
export interface ParkingDeskOptions extends LateParts {
  readonly states: PartitionStates;
  readonly log: Log;
  readonly lookEveryMs?: number;
  /** Told how many aggregates of a partition are parked now. */
  onParked(state: PartitionState): void;
}

/** While nothing is parked, as far as this process knows, requests are looked for so many times less often. */
const IDLE_LOOKS = 10;
const RETRY_DEFERRED_MS = 5_000;

/** Makes it. */
export function createParkingDesk(options: ParkingDeskOptions): ParkingDesk {
  const { states, session, store, owner, log, lookEveryMs = 1_000 } = options;
  const nextTryMs = new WeakMap<PartitionState, number>();
  const trying = new Set<Promise<void>>();
  let looks = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  const isOurs = (state: PartitionState) => !closed && states.loaded().includes(state);

  async function look(): Promise<void> {
    for (const state of states.loaded())
      if (applicable(options, state).size > 0 && (nextTryMs.get(state) ?? 0) <= performance.now())
        await applyKept(state);
    const isIdle = states.loaded().every(({ parked }) => parked.size === 0);
    if (isIdle && ++looks % IDLE_LOOKS !== 0) return;
    for (const request of await openRequests(session, owner)) {
      const state = states
        .loaded()
        .find(({ context, partition }) => context === request.context && partition === request.partition);
      if (state) await state.alone(() => serve(state, request)).catch(notYet(request.aggregateId));
    }
  }

  async function serve(state: PartitionState, request: ParkingRequest): Promise<void> {
    // It may be another process' since the request was read.
    if (!isOurs(state)) return;
    const result = await carryOut(options, state, request);
    options.onParked(state);
    if ('waitsFor' in result) return tellWaiting(store, owner, request, result.waitsFor);
    await finishRequest(session, owner, request, result);
    const about = { projector: owner.projector, aggregateId: request.aggregateId, action: request.action };
    log.info({ ...about, ...result }, 'did what was asked with a parked aggregate');
  }

  async function applyKept(state: PartitionState): Promise<void> {
    nextTryMs.set(state, performance.now() + RETRY_DEFERRED_MS);
    const work = applyDeferred({ ...options, isOurs }, state).catch((error: unknown) =>
      log.warn(
        { err: error, partition: state.key },
        'events that an earlier version kept could not be applied yet; trying again',
      ),
    );
    trying.add(work);
    await work.finally(() => trying.delete(work));
  }

  function notYet(aggregateId?: string) {
    return (error: unknown) =>
      log.warn({ err: error, aggregateId }, 'what operators ask for could not be done yet; trying again');
  }

  const lookNow = () =>
    (looking ??= look()
      .catch(notYet())
      .finally(() => (looking = undefined)));

  return {
    open: () => (timer ??= setInterval(() => void lookNow(), lookEveryMs)),
    takeOver: applyKept,
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all([looking, ...trying]);
    },
  };
}
