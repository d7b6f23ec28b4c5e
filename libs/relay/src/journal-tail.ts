import type { CommittedEvents, ReadBounds } from '@meridian/write-store';
import type { OwnedShard } from './leases.ts';
import type { NextEvents, ReadAhead } from './read-ahead.ts';
import { ShardTail, type TailBounds } from './shard-tail.ts';

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

/**
 * A journal tail over reads of the database. Positions are commit order without gaps. A commit that begins right behind the head that
 * a read saw, or right behind the commit before it, therefore has all events in between: no other replica can have put one there.
 * Such events are published without being read again. Where another replica has committed in between, the chain is broken, and the
 * database is asked. `ShardTail` has the states of one shard.
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
