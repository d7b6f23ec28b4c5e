import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMutex, settled, slicesOf } from '@meridian/async';
import type { ReceivedMessage, Wanted } from '@meridian/messaging';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import { createGapProof, type GapProof, type Reached } from './gap-proof.ts';
import type { Reapply } from './reapply.ts';

/** Brings one partition of a region back. */
export interface PartitionCatchUp {
  readonly state: PartitionState;
  /** Whether the region lacks no event, by its progress as home has it. Then only the region's own record may be missing. */
  readonly hasAll: boolean;
  /** Brings a region back that has all: copies what is quarantined, and records the progress. Never rejects. */
  confirm(): Promise<void>;
  /**
   * Applies the next messages of the partition. Resolves when further messages may come, and never rejects. The last
   * two slices may still be under way then.
   */
  take(messages: readonly ReceivedMessage[]): Promise<Wanted>;
  /** Resolves when nothing is under way. */
  ended(): Promise<void>;
  /**
   * How the catch-up ended:
   *
   * - `done`: the region has all that it lacked, and its progress says so.
   * - `unproven`: the messages from Kafka do not prove that none is missing.
   * - `gone`: another process may own the partition by now.
   * - `failed`: `failure` says why.
   */
  outcome(): 'done' | 'unproven' | 'gone' | 'failed';
  readonly failure: unknown;
  /** The next messages begin at another offset: the proof begins again. */
  beginAgain(): void;
}

/** What bringing one partition back needs. */
export interface PartitionCatchUpOptions {
  readonly region: string;
  readonly state: PartitionState;
  readonly states: Pick<PartitionStates, 'loaded'>;
  readonly reapply: Reapply;
  /** The read model's journal. */
  journalId(): string | undefined;
  /** Called once for each slice, in their order, when the rows of the slice are in the region. */
  record(state: PartitionState, until: bigint, reached: Reached, isComplete: boolean): Promise<void>;
}

/** As large as a slice of live events. Progress moves with each slice. */
const SLICE = { maxItems: 2_000, maxBytes: 4 * 1024 * 1024 };

/** Lets one slice, of all partitions, begin in each turn of the event loop: live events are applied in between. */
const turns = createMutex();

/**
 * Makes the catch-up of one partition. Messages are applied in slices. A request to a distant region takes long. So one
 * slice is written while the slice before it is still written or recorded: two slices at most are under way. Progress is
 * recorded in the order of the slices. So the progress of a region never passes an event that the region lacks.
 */
export function createPartitionCatchUp(options: PartitionCatchUpOptions): PartitionCatchUp {
  const { region, state, states, reapply, record } = options;
  const until = state.pendingUpTo(region) ?? 0n;
  let proof = proofOf(options, until);
  let quarantine: Promise<void> | undefined;
  let recorded = Promise.resolve();
  let outcome: ReturnType<PartitionCatchUp['outcome']> = 'unproven';
  let failure: unknown;

  /**
   * Begins to apply a slice. Resolves when the slice before it is recorded. For the last slice, resolves when that
   * one is recorded.
   */
  async function apply(slice: readonly ReceivedMessage[]): Promise<void> {
    const events = proof.take(slice, state.partition);
    const [reached, isComplete] = [proof.reached(), proof.isComplete()];
    const before = recorded;
    const written = reapply(region, state, until, events);
    recorded = settled([before, written]).then(() => reached && record(state, until, reached, isComplete));
    // The record may fail before anybody waits for it.
    recorded.catch(() => undefined);
    await (isComplete ? recorded : before);
    if (isComplete) outcome = 'done';
  }

  // Whoever reads rows of the region must be able to tell which events are quarantined, so these are copied first.
  const copyQuarantined = () => (quarantine ??= reapply.copyQuarantined(region, state));

  async function takeAll(messages: readonly ReceivedMessage[]): Promise<void> {
    await copyQuarantined();
    for (const slice of slicesOf(messages, ({ value }) => value?.length ?? 0, SLICE)) {
      await turns(() => nextTurn());
      if (!states.loaded().includes(state)) outcome = 'gone';
      if (outcome !== 'unproven') return;
      await apply(slice);
    }
  }

  async function confirm(): Promise<void> {
    await copyQuarantined();
    const acked = state.ackedProgress(region);
    if (!states.loaded().includes(state) || !acked) outcome = 'gone';
    else {
      const { position, eventTime, nextOffset } = acked;
      await record(state, until, { position, eventTime, nextOffset }, true);
      outcome = 'done';
    }
  }

  /** Keeps what a step failed with, as the outcome. */
  const kept = (step: Promise<void>): Promise<void> =>
    step.catch((error: unknown) => {
      [outcome, failure] = ['failed', error];
    });

  return {
    state,
    hasAll: state.ackedPosition(region) >= until,
    confirm: () => kept(confirm()),
    async take(messages) {
      await kept(takeAll(messages));
      return outcome === 'unproven' ? 'more' : 'enough';
    },
    ended: () => kept(recorded),
    outcome: () => outcome,
    get failure() {
      return failure;
    },
    beginAgain() {
      proof = proofOf(options, until);
    },
  };
}

function proofOf({ region, state, journalId }: PartitionCatchUpOptions, until: bigint): GapProof {
  const { position: after = 0n, nextOffset } = state.ackedProgress(region) ?? {};
  return createGapProof({ after, until, nextOffset, journalId: journalId() });
}
