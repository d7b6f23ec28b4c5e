import type { Log } from '@meridian/messaging';
import { finishRequest, openRequests, type ParkingRequest } from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import { applicable, applyDeferred } from './apply-deferred.ts';
import type { LateParts } from './apply-late.ts';
import { executeRequest } from './execute-request.ts';
import { tellWaiting } from './tell-waiting.ts';

/**
 * Executes what operators ask for in the partitions that this process owns. Also applies deferred events, whose types an earlier
 * version of the code did not know.
 */
export interface OperatorRequestWorker {
  /** Begins to poll for requests. The polls are rare while nothing is parked. */
  open(): void;
  /**
   * Applies the deferred events of a partition. Those that cannot be applied now are tried again later. Does nothing when they
   * were tried a moment ago. Never rejects.
   */
  takeOver(state: PartitionState): Promise<void>;
  close(): Promise<void>;
}

/** What executing requests needs. */
export interface OperatorRequestOptions extends LateParts {
  readonly states: PartitionStates;
  readonly log: Log;
  readonly pollEveryMs?: number;
  /** Told how many aggregates of a partition are parked now. */
  onParked(state: PartitionState): void;
}

/** While this process knows of no parked aggregate, only one of so many polls asks for requests. */
const IDLE_POLLS = 10;
const RETRY_DEFERRED_MS = 5_000;

/** Makes a worker; it polls after `open`. */
export function createOperatorRequestWorker(options: OperatorRequestOptions): OperatorRequestWorker {
  const { states, session, store, owner, log, pollEveryMs = 1_000 } = options;
  const nextTryMs = new WeakMap<PartitionState, number>();
  const trying = new Set<Promise<void>>();
  let polls = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> | undefined;

  const isOurs = (state: PartitionState) => !closed && states.loaded().includes(state);

  async function poll(): Promise<void> {
    for (const state of states.loaded()) if (applicable(options, state).size > 0) await applyKept(state);
    const isIdle = states.loaded().every(({ parked }) => parked.size === 0);
    if (isIdle && ++polls % IDLE_POLLS !== 0) return;
    for (const request of await openRequests(session, owner)) {
      const state = states
        .loaded()
        .find(({ context, partition }) => context === request.context && partition === request.partition);
      if (state) await state.alone(() => serve(state, request)).catch(notYet(request.aggregateId));
    }
  }

  async function serve(state: PartitionState, request: ParkingRequest): Promise<void> {
    // Another process may own the partition by now.
    if (!isOurs(state)) return;
    const result = await executeRequest(options, state, request);
    options.onParked(state);
    if ('waitsFor' in result) {
      const { waitsFor, hasBegunRetry } = result;
      return tellWaiting(store, owner, { ...request, hasBegunRetry }, waitsFor);
    }
    await finishRequest(session, owner, request, result);
    const about = { projector: owner.projector, aggregateId: request.aggregateId, action: request.action };
    log.info({ ...about, ...result }, 'did what was asked with a parked aggregate');
  }

  async function applyKept(state: PartitionState): Promise<void> {
    const nowMs = performance.now();
    if ((nextTryMs.get(state) ?? 0) > nowMs) return;
    nextTryMs.set(state, nowMs + RETRY_DEFERRED_MS);
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

  const pollNow = () =>
    (polling ??= poll()
      .catch(notYet())
      .finally(() => (polling = undefined)));

  return {
    open: () => (timer ??= setInterval(() => void pollNow(), pollEveryMs)),
    takeOver: applyKept,
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all([polling, ...trying]);
    },
  };
}
