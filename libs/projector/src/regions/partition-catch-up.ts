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
  /**
   * Applies the next messages of the partition. Resolves, and never rejects, when the next ones may come. The last two slices
   * may be under way then.
   */
  take(messages: readonly ReceivedMessage[]): Promise<Wanted>;
  /** Resolves when nothing is under way. */
  ended(): Promise<void>;
  /**
   * What became of it. `done`: the region has all that it lacked, and this is recorded. `unproven`: what Kafka gave does not
   * prove that nothing is missing. `gone`: the partition may be another process's. `failed`: `failure` says why.
   */
  outcome(): 'done' | 'unproven' | 'gone' | 'failed';
  readonly failure: unknown;
  /** What comes next begins at another offset. */
  beginAgain(): void;
}

/** What bringing a partition back needs. */
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

/** As many as live events: see apply-batch.ts. Progress moves with each slice. */
const SLICE = { maxItems: 2_000, maxBytes: 4 * 1024 * 1024 };

/** Lets one slice begin in each turn of the event loop, over all partitions: live events are worked on in between. */
const turns = createMutex();

/**
 * Begins with a partition. Messages are applied in slices. A slice is written while the one before it is still written or
 * recorded, since there and back takes long. There are two slices under way at most. Progress is recorded in the order of the slices, so
 * a region's progress never passes what it lacks.
 */
export function createPartitionCatchUp(options: PartitionCatchUpOptions): PartitionCatchUp {
  const { region, state, states, reapply, record } = options;
  const until = state.pendingUpTo(region) ?? 0n;
  let proof = proofOf(options, until);
  let quarantine: Promise<void> | undefined;
  let recorded = Promise.resolve();
  let outcome: ReturnType<PartitionCatchUp['outcome']> = 'unproven';
  let failure: unknown;

  /** Begins with a slice. Resolves when the slice before it is recorded, and also this one if it is the last. */
  async function apply(slice: readonly ReceivedMessage[]): Promise<void> {
    const events = proof.take(slice, state.partition);
    const [reached, isComplete] = [proof.reached(), proof.isComplete()];
    const before = recorded;
    const written = reapply(region, state, until, events);
    recorded = settled([before, written]).then(() => reached && record(state, until, reached, isComplete));
    // It may reject before it is waited for.
    recorded.catch(() => undefined);
    await (isComplete ? recorded : before);
    if (isComplete) outcome = 'done';
  }

  async function takeAll(messages: readonly ReceivedMessage[]): Promise<void> {
    // Who reads a part of what was lacking has to be told what is put aside in it.
    await (quarantine ??= reapply.copyQuarantined(region, state));
    for (const slice of slicesOf(messages, ({ value }) => value?.length ?? 0, SLICE)) {
      await turns(() => nextTurn());
      if (!states.loaded().includes(state)) outcome = 'gone';
      if (outcome !== 'unproven') return;
      await apply(slice);
    }
  }

  return {
    state,
    async take(messages) {
      try {
        await takeAll(messages);
      } catch (error) {
        [outcome, failure] = ['failed', error];
      }
      return outcome === 'unproven' ? 'more' : 'enough';
    },
    async ended() {
      try {
        await recorded;
      } catch (error) {
        [outcome, failure] = ['failed', error];
      }
    },
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
