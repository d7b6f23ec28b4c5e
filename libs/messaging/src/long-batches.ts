import { setTimeout as pause } from 'node:timers/promises';
import { createQuickest, once } from '@meridian/async';
import { createHeldPartitions } from './held-partitions.ts';

/** What of kafkajs' batch is used here. */
export interface LongBatch {
  readonly batch: { readonly topic: string; readonly partition: number };
  /** Stops fetches of the batch's partition; gives a function that resumes them. */
  pause(): () => void;
  /** Tells the group that this member is alive; rejects when the group changes. */
  heartbeat(): Promise<void>;
  /** Goes on with the batch's partition at the beginning of the batch. All batches of the partition are stale from now on. */
  goBack(): void;
}

/** What became of a batch: it is done, or given up, or its partition is held and is resumed by somebody else. */
export type Outcome = 'done' | 'given-up' | 'held';

/** What the work on a batch may ask and say. */
export interface BatchTurn {
  /** Whether the batch's partition may be another member's, or goes on at another offset. */
  isStale(): boolean;
  /**
   * Lets the next batch of the partition begin beside this one. Undefined where batches are waited for: they go one after
   * the other there.
   */
  readonly goOn: (() => void) | undefined;
}

/** Batches that are worked on beside the fetches, where each takes long because a store is far away. */
export interface LongBatches {
  /**
   * Works on a batch. Resolves when the work is done, with its failure, if any. Where batches take long, resolves much
   * sooner, or rejects when the group changes. The partition gets no other batch until the work is done, or has said that the
   * partition may go on. After a failure the batch comes again, later.
   */
  run(payload: LongBatch, work: (turn: BatchTurn) => Promise<Outcome>): Promise<void>;
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
/** Batches of one partition that are under way at once. A fifth one waits, and gathers more events meanwhile. */
const AT_ONCE = 4;
/** A fetch that begins after this has the partition again, where the batch soon lets it go on. */
const SOON_MS = 5;

interface UnderWay {
  isStale: boolean;
  readonly isBeside: boolean;
  hasGoneOn: boolean;
  /** Resumes the partition; nothing, once it was called. */
  resume: () => void;
  /** Resolves when this one and all before it of the partition have ended. */
  ended: Promise<void>;
}

/**
 * kafkajs fetches again when all batches of the last fetch are done, and have rested (rounds.ts). So an event that comes
 * during such a round waits for the round's end, and a round over a distance takes two round trips. Long batches are only
 * for distances. Under load, where rounds are long for another reason, the quickest of many batches is short.
 */
export function createLongBatches(onFailure: (error: unknown) => void): LongBatches {
  const underWay = new Map<string, readonly UnderWay[]>();
  const failed = createHeldPartitions();
  const quickest = createQuickest(LOOKED_AT);
  const takeLong = () => (quickest.ms() ?? 0) >= LONG_MS;
  const keyOf = ({ topic, partition }: LongBatch['batch']) => `${topic}/${partition}`;
  const of = (key: string) => underWay.get(key) ?? [];

  async function timed(work: Promise<Outcome>): Promise<Outcome> {
    const startedMs = performance.now();
    const outcome = await work;
    // Another one says nothing of how far away the store is.
    if (outcome === 'done') quickest.add(performance.now() - startedMs);
    return outcome;
  }

  async function beside(one: UnderWay, payload: LongBatch, done: Promise<Outcome>): Promise<void> {
    try {
      if ((await done) !== 'held') one.resume();
    } catch (error) {
      onFailure(error);
      if (one.isStale) return one.resume();
      if (one.hasGoneOn) payload.goBack();
      // The hold alone resumes the partition, whichever batch of it ends meanwhile.
      for (const other of of(keyOf(payload.batch))) other.resume = () => undefined;
      failed.hold(() => payload.pause(), FAILED_PAUSE_MS);
    }
  }

  function forget(key: string, one: UnderWay): void {
    const rest = of(key).filter((other) => other !== one);
    if (rest.length > 0) underWay.set(key, rest);
    else underWay.delete(key);
    // The newest one may have waited for a place.
    const newest = rest.at(-1);
    if (newest?.hasGoneOn && !newest.isStale) newest.resume();
  }

  return {
    async run(payload, work) {
      const key = keyOf(payload.batch);
      const before = of(key).at(-1);
      // One that was under way when the partition was revoked: the same partition may be this member's again.
      if (before?.isStale || before?.hasGoneOn === false) await before.ended;
      const isBeside = takeLong();
      const resume = isBeside ? once(payload.pause()) : () => undefined;
      const goneOn = Promise.withResolvers<void>();
      const one: UnderWay = { isStale: false, isBeside, hasGoneOn: false, resume, ended: Promise.resolve() };
      underWay.set(key, [...of(key), one]);
      const goOn = () => {
        one.hasGoneOn = true;
        if (of(key).length < AT_ONCE) one.resume();
        goneOn.resolve();
      };
      const done = timed(work({ isStale: () => one.isStale, goOn: isBeside ? goOn : undefined }));
      const ended = isBeside ? beside(one, payload, done) : done;
      const forgotten = () => forget(key, one);
      one.ended = Promise.all([before?.ended, ended.then(forgotten, forgotten)]).then(() => undefined);
      if (!isBeside) return void (await done);
      // Only who fetches is told by kafkajs to join the group again.
      await payload.heartbeat();
      await Promise.race([goneOn.promise, one.ended, pause(SOON_MS)]);
    },
    revoke() {
      failed.release();
      for (const one of [...underWay.values()].flat()) one.isStale ||= one.isBeside;
    },
    moved(topic, partition) {
      for (const one of of(keyOf({ topic, partition }))) one.isStale ||= one.isBeside;
    },
    async ended() {
      await Promise.all([...underWay.values()].flatMap((batches) => batches.at(-1)?.ended ?? []));
    },
  };
}
