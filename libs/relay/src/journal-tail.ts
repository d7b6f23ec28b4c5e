import type { EventEnvelope } from '@meridian/contracts';
import type { CommittedEvents, ReadBounds } from '@meridian/write-store';
import { sizeOf, withinBounds } from './batch.ts';
import type { OwnedShard } from './leases.ts';
import type { NextEvents, ReadAhead } from './read-ahead.ts';

/** The journal, its newest events from memory where nothing can be between. */
export interface JournalTail extends ReadAhead {
  /**
   * Hands over what this process has committed; answers with those of the owned shards that have new events by it. Any order and
   * any number of omissions will do: what does not join what is known is read from the database.
   */
  committed(committed: CommittedEvents, owned: readonly OwnedShard[]): readonly OwnedShard[];
  /** Forgets what is known of these shards: others may have recorded events of them. */
  doubt(shards: readonly OwnedShard[]): void;
}

/** How much of a shard is held, and as much again while it is read; what is more is read from the database. */
export interface TailBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * A journal tail over reads of the database. Positions are commit order without gaps. A commit may begin right behind
 * the head that a read saw, or right behind the commit before it. No other replica can then have put an event in
 * between. The commit's events are then published without being read again. Where another replica has committed in
 * between, the chain is broken, and the database is asked. `ShardTail` below has the states of one shard.
 */
export function createJournalTail(
  journal: ReadAhead,
  { maxEvents = 2_000, maxBytes = 1_000_000 }: Partial<TailBounds> = {},
): JournalTail {
  const tails = new WeakMap<OwnedShard, ShardTail>();

  function tailOf(shard: OwnedShard): ShardTail {
    const known = tails.get(shard);
    if (known) return known;
    const tail = new ShardTail({ maxEvents, maxBytes });
    tails.set(shard, tail);
    return tail;
  }

  async function readFrom(shards: readonly OwnedShard[], bounds: ReadBounds): Promise<readonly NextEvents[]> {
    const froms = shards.map(({ position }) => position);
    for (const shard of shards) tailOf(shard).beginRead();
    let found: readonly NextEvents[] = [];
    try {
      found = await journal.read(shards, bounds);
    } finally {
      shards.forEach((shard, index) => tailOf(shard).endRead(froms[index] ?? 0n, found[index]));
    }
    return found;
  }

  return {
    async read(shards, bounds) {
      // Taken before the wait for the others: what is held may be forgotten meanwhile.
      const known = shards.map((shard) => tailOf(shard).next(shard.position, bounds));
      const unknown = shards.filter((_, index) => !known[index]);
      const read = unknown.length > 0 ? await readFrom(unknown, bounds) : [];
      const found = new Map(unknown.map((shard, index) => [shard, read[index]]));
      return shards.map((shard, index) => known[index] ?? found.get(shard) ?? { events: [], more: true });
    },
    begin(positions, bounds) {
      const unknown = [...positions].filter(([shard]) => !tailOf(shard).isKnown());
      if (unknown.length > 0) journal.begin(new Map(unknown), bounds);
    },
    committed({ afterPosition, events }, owned) {
      const lastPosition = afterPosition + BigInt(events.length);
      const byShard = Map.groupBy(events, ({ shard }) => shard);
      for (const shard of owned) {
        const own = byShard.get(shard.shard) ?? [];
        tailOf(shard).committed({ afterPosition, lastPosition, events: own });
      }
      return owned.filter(({ shard }) => byShard.has(shard));
    },
    doubt(shards) {
      for (const shard of shards) tailOf(shard).doubt();
    },
  };
}

/** One commit, as one shard sees it. */
interface ShardCommit {
  readonly afterPosition: bigint;
  readonly lastPosition: bigint;
  /** Those of the shard. */
  readonly events: readonly EventEnvelope[];
}

interface Meanwhile {
  readonly commits: ShardCommit[];
  events: number;
  bytes: number;
}

/**
 * The newest events of one shard, for as long as one lease of it. A tail is in one of three states:
 *
 * | state   | `upTo`    | `events`                  | `meanwhile`                  | what a commit of this process does           |
 * | ------- | --------- | ------------------------- | ---------------------------- | -------------------------------------------- |
 * | unknown | undefined | empty                     | undefined                    | nothing                                      |
 * | reading | undefined | empty                     | commits since the read began | is kept in `meanwhile`                       |
 * | known   | set       | all in (`from`, `upTo`]   | undefined                    | extends `events`, if nothing can lie between |
 *
 * | from    | to      | when                                                                                                 |
 * | ------- | ------- | ---------------------------------------------------------------------------------------------------- |
 * | any     | reading | a read of the database begins                                                                        |
 * | reading | known   | the read has shown all up to the head, and the commits of `meanwhile` follow it                      |
 * | reading | unknown | the read failed or was cut by its bounds; or `meanwhile` grew beyond the bounds                      |
 * | reading | unknown | the read showed an event beyond all that is known: another replica has committed since               |
 * | known   | unknown | a commit does not begin at `upTo`: another replica has committed in between                          |
 * | known   | unknown | more is held than the bounds allow                                                                   |
 * | any     | unknown | the tail is doubted: others may have recorded events of the shard                                    |
 */
class ShardTail {
  readonly #bounds: TailBounds;
  #from = 0n;
  #upTo: bigint | undefined;
  #events: EventEnvelope[] = [];
  #bytes = 0;
  #meanwhile: Meanwhile | undefined;

  constructor(bounds: TailBounds) {
    this.#bounds = bounds;
  }

  isKnown(): boolean {
    return this.#upTo !== undefined;
  }

  /** A read of the database begins. */
  beginRead(): void {
    this.#forget();
    this.#meanwhile = { commits: [], events: 0, bytes: 0 };
  }

  /** The read from a position on has ended; it gave nothing when it failed. */
  endRead(from: bigint, found: NextEvents | undefined): void {
    const meanwhile = this.#meanwhile;
    this.#meanwhile = undefined;
    const upTo = found?.upTo;
    if (!meanwhile || !found || upTo === undefined) return;
    this.#from = from;
    this.#upTo = upTo;
    // The rows were read after the head: what they show beyond it may be among what was committed meanwhile, and is not held twice.
    this.#events = found.events.filter(({ position }) => position <= upTo);
    this.#bytes = bytesOf(this.#events);
    for (const commit of meanwhile.commits) this.#extend(commit);
    const newest = found.events.at(-1);
    // An event of another replica: without it, the event after it would be given too early.
    if (newest && this.#upTo !== undefined && this.#upTo < newest.position) this.#forget();
  }

  /** This process has committed. */
  committed(commit: ShardCommit): void {
    if (this.#meanwhile) this.#keep(this.#meanwhile, commit);
    else this.#extend(commit);
  }

  doubt(): void {
    this.#forget();
    this.#meanwhile = undefined;
  }

  /** What follows a cursor, undefined where that is not known; what is up to the cursor is let go. */
  next(position: bigint, bounds: ReadBounds): NextEvents | undefined {
    // A cursor whose move failed stands where it stood before.
    if (this.#upTo === undefined || position < this.#from) return undefined;
    const next = this.#events.findIndex((event) => event.position > position);
    this.#bytes -= bytesOf(this.#events.splice(0, next < 0 ? this.#events.length : next));
    this.#from = position;
    const events = withinBounds(this.#events, bounds);
    return { events, more: this.#events.length > events.length };
  }

  #keep(meanwhile: Meanwhile, commit: ShardCommit): void {
    meanwhile.commits.push(commit);
    meanwhile.events += commit.events.length;
    meanwhile.bytes += bytesOf(commit.events);
    // The database is slow to answer. What its answer does not show is asked for again.
    if (this.#isTooMuch(Math.max(meanwhile.commits.length, meanwhile.events), meanwhile.bytes))
      this.#meanwhile = undefined;
  }

  #extend({ afterPosition, lastPosition, events }: ShardCommit): void {
    if (this.#upTo === undefined || lastPosition <= this.#upTo) return;
    if (afterPosition !== this.#upTo) {
      this.#forget();
      return;
    }
    this.#upTo = lastPosition;
    this.#events.push(...events);
    this.#bytes += bytesOf(events);
    if (this.#isTooMuch(this.#events.length, this.#bytes)) this.#forget();
  }

  #isTooMuch(events: number, bytes: number): boolean {
    return events > this.#bounds.maxEvents || bytes > this.#bounds.maxBytes;
  }

  #forget(): void {
    this.#upTo = undefined;
    this.#events = [];
    this.#bytes = 0;
  }
}

const bytesOf = (events: readonly EventEnvelope[]): number =>
  events.reduce((sum, event) => sum + sizeOf(event), 0);
