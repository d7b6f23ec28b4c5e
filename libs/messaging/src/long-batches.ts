import { createQuickest } from '@meridian/async';
import { createHeldPartitions } from './held-partitions.ts';

/** What of kafkajs' batch is used here. */
export interface LongBatch {
  readonly batch: { readonly topic: string; readonly partition: number };
  /** Stops fetches of the batch's partition; gives a function that resumes them. */
  pause(): () => void;
  /** Tells the group that this member is alive; rejects when the group changes. */
  heartbeat(): Promise<void>;
}

/** What became of a batch: its partition goes on, or is held and is resumed by somebody else. */
export type Outcome = 'goes-on' | 'held';

/** Batches that are worked on beside the fetches, where each takes long because a store is far away. */
export interface LongBatches {
  /**
   * Works on a batch. `isStale` says that its partition may be another member's, or goes on at another offset. Resolves
   * when the work is done, with its failure, if any. Where batches take long, resolves at once, or rejects when the group
   * changes. The partition gets no other batch until the work is done. After a failure the batch comes again, later.
   */
  run(payload: LongBatch, work: (isStale: () => boolean) => Promise<Outcome>): Promise<void>;
  /** The partitions may be another member's. */
  revoke(): void;
  /** A partition goes on at another offset. */
  moved(topic: string, partition: number): void;
  /** Resolves when no work is under way. */
  ended(): Promise<void>;
}

/** So long takes a batch at least where a store is far away. Near ones take a few milliseconds, the quickest of many. */
const LONG_MS = 40;
const LOOKED_AT = 32;
const FAILED_PAUSE_MS = 1_000;

interface UnderWay {
  isStale: boolean;
  isBeside: boolean;
  ended: Promise<void>;
}

/**
 * Makes them. kafkajs fetches again when all batches of the last fetch are done, and have
 * rested (rounds.ts). So an event that comes during such a
 * round waits for its end, and a round over a distance takes two round trips. This is only for distances. Under load,
 * where rounds are long for another reason, the quickest of many batches is short.
 */
export function createLongBatches(onFailure: (error: unknown) => void): LongBatches {
  const underWay = new Map<string, UnderWay>();
  const failed = createHeldPartitions();
  const quickest = createQuickest(LOOKED_AT);
  const takeLong = () => (quickest.ms() ?? 0) >= LONG_MS;
  const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

  async function timed(work: Promise<Outcome>): Promise<Outcome> {
    const startedMs = performance.now();
    const outcome = await work;
    quickest.add(performance.now() - startedMs);
    return outcome;
  }

  async function beside(one: UnderWay, payload: LongBatch, done: Promise<Outcome>): Promise<void> {
    const resume = payload.pause();
    try {
      if ((await done) === 'goes-on') resume();
    } catch (error) {
      onFailure(error);
      if (one.isStale) resume();
      else failed.hold(() => resume, FAILED_PAUSE_MS);
    }
  }

  return {
    async run(payload, work) {
      const { topic, partition } = payload.batch;
      const key = keyOf(topic, partition);
      // One that was under way when the partition was revoked: the same partition may be this member's again.
      await underWay.get(key)?.ended;
      const one: UnderWay = { isStale: false, isBeside: takeLong(), ended: Promise.resolve() };
      const done = timed(work(() => one.isStale));
      const forget = () => void underWay.delete(key);
      const ended = one.isBeside ? beside(one, payload, done) : done;
      one.ended = ended.then(forget, forget);
      underWay.set(key, one);
      // Only who fetches is told by kafkajs to join the group again.
      await (one.isBeside ? payload.heartbeat() : done);
    },
    revoke() {
      failed.release();
      for (const one of underWay.values()) one.isStale ||= one.isBeside;
    },
    moved(topic, partition) {
      const one = underWay.get(keyOf(topic, partition));
      if (one?.isBeside) one.isStale = true;
    },
    async ended() {
      await Promise.all([...underWay.values()].map(({ ended }) => ended));
    },
  };
}
