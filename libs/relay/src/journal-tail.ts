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

/** What is held of one shard, for as long as one lease of it. */
interface Tail {
  /** All events of the shard in (from, upTo] are in `events`; none of this is known while upTo is undefined. */
  from: bigint;
  upTo: bigint | undefined;
  events: EventEnvelope[];
  bytes: number;
  /** What was committed while the database is being read. */
  meanwhile: Meanwhile | undefined;
}

interface Meanwhile {
  readonly commits: Committed[];
  events: number;
  bytes: number;
}

interface Committed {
  readonly afterPosition: bigint;
  readonly lastPosition: bigint;
  /** Those of the shard. */
  readonly events: readonly EventEnvelope[];
}

/** How much of a shard is held, and as much again while it is read; what is more is read from the database. */
export interface TailBounds {
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

/**
 * Makes it, over reads of the database. Positions are commit order without gaps, so a commit that begins right behind the head that a
 * read saw, or behind the commit before it, has all events between: no other replica can have put one there. Such events are
 * published without being read again. Where another replica has committed in between, the chain is broken and the database
 * is asked, as it is now and then anyway.
 */
export function createJournalTail(
  journal: ReadAhead,
  { maxEvents = 2_000, maxBytes = 1_000_000 }: TailBounds = {},
): JournalTail {
  const tails = new WeakMap<OwnedShard, Tail>();

  function tailOf(shard: OwnedShard): Tail {
    const known = tails.get(shard);
    if (known) return known;
    const tail: Tail = { from: 0n, upTo: undefined, events: [], bytes: 0, meanwhile: undefined };
    tails.set(shard, tail);
    return tail;
  }

  function extend(tail: Tail, { afterPosition, lastPosition, events }: Committed): void {
    if (tail.upTo === undefined || lastPosition <= tail.upTo) return;
    if (afterPosition !== tail.upTo) {
      forget(tail);
      return;
    }
    tail.upTo = lastPosition;
    tail.events.push(...events);
    tail.bytes += bytesOf(events);
    if (tail.events.length > maxEvents || tail.bytes > maxBytes) forget(tail);
  }

  function note(tail: Tail, meanwhile: Meanwhile, committed: Committed): void {
    meanwhile.commits.push(committed);
    meanwhile.events += committed.events.length;
    meanwhile.bytes += bytesOf(committed.events);
    const { commits, events, bytes } = meanwhile;
    // A database that is slow to answer: what it does not show is asked for again.
    if (Math.max(commits.length, events) > maxEvents || bytes > maxBytes) tail.meanwhile = undefined;
  }

  async function readFrom(shards: readonly OwnedShard[], bounds: ReadBounds): Promise<readonly NextEvents[]> {
    const froms = shards.map(({ position }) => position);
    for (const shard of shards) {
      const tail = tailOf(shard);
      forget(tail);
      tail.meanwhile = { commits: [], events: 0, bytes: 0 };
    }
    let found: readonly NextEvents[] = [];
    try {
      found = await journal.read(shards, bounds);
    } finally {
      shards.forEach((shard, index) => settle(tailOf(shard), froms[index] ?? 0n, found[index]));
    }
    return found;
  }

  function settle(tail: Tail, from: bigint, found: NextEvents | undefined): void {
    const { meanwhile } = tail;
    tail.meanwhile = undefined;
    const upTo = found?.upTo;
    // Doubted meanwhile, or there is more than was read.
    if (!meanwhile || !found || upTo === undefined) return;
    tail.from = from;
    tail.upTo = upTo;
    // The rows were read after the head: what they show beyond it may be among what was committed meanwhile, and is not held twice.
    tail.events = found.events.filter(({ position }) => position <= upTo);
    tail.bytes = bytesOf(tail.events);
    for (const committed of meanwhile.commits) extend(tail, committed);
    const newest = found.events.at(-1);
    // Another replica's: without it the next one would be given too early.
    if (newest && tail.upTo !== undefined && tail.upTo < newest.position) forget(tail);
  }

  return {
    async read(shards, bounds) {
      // Taken before the wait for the others: what is held may be forgotten meanwhile.
      const known = shards.map((shard) => held(tailOf(shard), shard.position, bounds));
      const unknown = shards.filter((_, index) => !known[index]);
      const read = unknown.length > 0 ? await readFrom(unknown, bounds) : [];
      const found = new Map(unknown.map((shard, index) => [shard, read[index]]));
      return shards.map((shard, index) => known[index] ?? found.get(shard) ?? { events: [], more: true });
    },
    begin(positions, bounds) {
      const unknown = [...positions].filter(([shard]) => tailOf(shard).upTo === undefined);
      if (unknown.length > 0) journal.begin(new Map(unknown), bounds);
    },
    committed({ afterPosition, events }, owned) {
      const lastPosition = afterPosition + BigInt(events.length);
      const byShard = Map.groupBy(events, ({ shard }) => shard);
      for (const shard of owned) {
        const tail = tailOf(shard);
        const committed = { afterPosition, lastPosition, events: byShard.get(shard.shard) ?? [] };
        if (tail.meanwhile) note(tail, tail.meanwhile, committed);
        else extend(tail, committed);
      }
      return owned.filter(({ shard }) => byShard.has(shard));
    },
    doubt(shards) {
      for (const shard of shards) {
        const tail = tailOf(shard);
        forget(tail);
        tail.meanwhile = undefined;
      }
    },
  };
}

const bytesOf = (events: readonly EventEnvelope[]): number =>
  events.reduce((sum, event) => sum + sizeOf(event), 0);

function forget(tail: Tail): void {
  tail.upTo = undefined;
  tail.events = [];
  tail.bytes = 0;
}

/** What follows a cursor, undefined where that is not known; what is up to the cursor is let go. */
function held(tail: Tail, position: bigint, bounds: ReadBounds): NextEvents | undefined {
  // A cursor whose move failed stands where it stood before.
  if (tail.upTo === undefined || position < tail.from) return undefined;
  const next = tail.events.findIndex((event) => event.position > position);
  tail.bytes -= bytesOf(tail.events.splice(0, next < 0 ? tail.events.length : next));
  tail.from = position;
  const events = withinBounds(tail.events, bounds);
  return { events, more: tail.events.length > events.length };
}
