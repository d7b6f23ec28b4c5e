import type { Log } from '@meridian/messaging';
import type { PartitionState, PartitionStates } from '../partition-state.ts';
import { applyDeferred } from './apply-deferred.ts';
import type { LateParts } from './apply-late.ts';
import { finishRequest, openRequests, type ParkingRequest } from './parking-requests.ts';
import { discardParked, retryParked, type ParkingResult } from './retry-parked.ts';

/** Does what operators ask for, in the partitions that this process owns. */
export interface ParkingDesk {
  /** Begins to look for requests; it costs nothing while nothing is parked. */
  open(): void;
  /** Applies what an earlier version of the code could not. */
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

/** Makes it. */
export function createParkingDesk(options: ParkingDeskOptions): ParkingDesk {
  const { states, session, owner, log, lookEveryMs = 1_000 } = options;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const parked = states.loaded().filter((state) => state.parked.size > 0);
    if (parked.length === 0) return;
    for (const request of await openRequests(session, owner)) {
      const state = parked.find(
        ({ context, partition }) => context === request.context && partition === request.partition,
      );
      if (state) await state.alone(() => serve(state, request));
    }
  }

  async function serve(state: PartitionState, request: ParkingRequest): Promise<void> {
    // It may be another process' since the request was read.
    if (!states.loaded().includes(state)) return;
    const result = await carryOut(state, request);
    await finishRequest(session, owner, request, result);
    options.onParked(state);
    const about = { projector: owner.projector, aggregateId: request.aggregateId, action: request.action };
    log.info({ ...about, ...result }, 'did what was asked with a parked aggregate');
  }

  async function carryOut(state: PartitionState, request: ParkingRequest): Promise<ParkingResult> {
    const aggregate = state.parked.get(request.aggregateId);
    if (!aggregate) return { outcome: 'done', detail: 'nothing of it is parked' };
    const act = request.action === 'retry' ? retryParked : discardParked;
    return act(options, state, aggregate);
  }

  function lookNow(): void {
    looking ??= look()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'what operators ask for could not be done yet; trying again'),
      )
      .finally(() => (looking = undefined));
  }

  return {
    open: () => (timer ??= setInterval(lookNow, lookEveryMs)),
    takeOver: (state) => state.alone(() => applyDeferred(options, state, log)),
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
