import type { EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readShards, type ReadBounds } from '@meridian/write-store';
import { withinBounds } from './batch.ts';
import type { OwnedShard } from './leases.ts';

/** The next events of a shard. */
export interface NextEvents {
  readonly events: readonly EventEnvelope[];
  /** Whether there may be more behind them. */
  readonly more: boolean;
  /** No other event of the shard is up to here; left out where that is not known. */
  readonly upTo?: bigint;
}

/**
 * Reads the next events of shards, and those after them while the first are on their way to Kafka. What is held at once is
 * what was read ahead and what is being read: the bounds twice for every shard.
 */
export interface ReadAhead {
  /** The next events of each shard after its cursor, within the bounds for each shard; one event always fits. */
  read(shards: readonly OwnedShard[], bounds: ReadBounds): Promise<readonly NextEvents[]>;
  /** Begins to read what follows these positions. What it finds is used only by a cursor that then stands there. */
  begin(positions: ReadonlyMap<OwnedShard, bigint>, bounds: ReadBounds): void;
}

interface Ahead {
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
  readonly more: boolean;
  /** The journal's head before it was read. */
  readonly head: bigint;
}

/** Nothing that is read ahead moves a cursor: when a send fails, what was read is passed over. */
export function createReadAhead(pool: MysqlPool): ReadAhead {
  let reading: Promise<ReadonlyMap<OwnedShard, Ahead>> = Promise.resolve(new Map());

  async function readAfter(positions: ReadonlyMap<OwnedShard, bigint>, bounds: ReadBounds) {
    const cursors = [...positions].map(([{ shard, untilPosition }, afterPosition]) => ({
      shard,
      afterPosition,
      ...(untilPosition === undefined ? {} : { untilPosition }),
    }));
    const { head, lists } = await readShards(pool, cursors, bounds);
    return [...positions].map(([shard, afterPosition], index): [OwnedShard, Ahead] => [
      shard,
      { afterPosition, head, ...(lists[index] ?? { events: [], more: true }) },
    ]);
  }

  return {
    async read(shards, bounds) {
      const ahead = await reading;
      const known = new Map(shards.map((shard) => [shard, behind(ahead.get(shard), shard.position)]));
      const unknown = shards.filter((shard) => !known.get(shard));
      const read = new Map(await readAfter(new Map(unknown.map((one) => [one, one.position])), bounds));
      return shards.map((shard) => {
        const early = known.get(shard);
        // More may have been committed since they were read.
        if (early) return { events: withinBounds(early.events, bounds), more: true };
        const found = read.get(shard);
        if (!found) return { events: [], more: true };
        const { events, more, head } = found;
        return more ? { events, more } : { events, more, upTo: head };
      });
    },
    begin(positions, bounds) {
      reading = reading.then(async (before) => {
        const kept = new Map<OwnedShard, Ahead>();
        const unread = new Map<OwnedShard, bigint>();
        for (const [shard, position] of positions) {
          // A smaller batch than was read ahead leaves some of it: that is not read twice.
          const rest = behind(before.get(shard), position);
          if (rest) kept.set(shard, rest);
          else unread.set(shard, position);
        }
        // A read that fails is read again in its turn, and fails there.
        const found = await readAfter(unread, bounds).catch(() => []);
        return new Map([...kept, ...found]);
      });
    },
  };
}

/** What is left of what was read ahead behind a position; undefined when that is nothing, or not known. */
function behind(ahead: Ahead | undefined, position: bigint): Ahead | undefined {
  if (!ahead || position < ahead.afterPosition) return undefined;
  const events = ahead.events.filter((event) => event.position > position);
  return events.length > 0 ? { ...ahead, events, afterPosition: position } : undefined;
}
