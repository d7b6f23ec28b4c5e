import type { EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readShards } from '@meridian/write-store';
import type { OwnedShard } from './leases.ts';

/** The next events of a shard. */
export interface NextEvents {
  readonly events: readonly EventEnvelope[];
  /** Whether there may be more behind them. */
  readonly more: boolean;
  /** No other event of the shard is up to here; left out where that is not known. */
  readonly upTo?: bigint;
}

/** Reads the next events of shards, and those after them while the first are on their way to Kafka. */
export interface ReadAhead {
  /** The next events of each shard after its cursor, `limit` a shard at most. */
  read(shards: readonly OwnedShard[], limit: number): Promise<readonly NextEvents[]>;
  /** Begins to read what follows these positions. What it finds is used only by a cursor that then stands exactly there. */
  begin(positions: ReadonlyMap<OwnedShard, bigint>, limit: number): void;
}

interface Ahead {
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
  /** The journal's head before it was read. */
  readonly head: bigint;
}

/** Makes it. Nothing that is read ahead moves a cursor: when a send fails, what was read is passed over. */
export function createReadAhead(pool: MysqlPool): ReadAhead {
  let reading: Promise<ReadonlyMap<OwnedShard, Ahead>> = Promise.resolve(new Map());

  async function readAfter(positions: ReadonlyMap<OwnedShard, bigint>, limit: number) {
    const cursors = [...positions].map(([{ shard, untilPosition }, afterPosition]) => ({
      ...{ shard, afterPosition },
      ...(untilPosition === undefined ? {} : { untilPosition }),
    }));
    const { head, lists } = await readShards(pool, cursors, limit);
    return [...positions].map(([shard, afterPosition], index): [OwnedShard, Ahead] => [
      shard,
      { afterPosition, events: lists[index] ?? [], head },
    ]);
  }

  return {
    async read(shards, limit) {
      const ahead = await reading;
      const known = (shard: OwnedShard) => {
        const found = ahead.get(shard);
        return found?.afterPosition === shard.position && found.events.length > 0 ? found.events : undefined;
      };
      const unknown = shards.filter((shard) => !known(shard));
      const read = new Map(await readAfter(new Map(unknown.map((one) => [one, one.position])), limit));
      return shards.map((shard) => {
        const early = known(shard);
        // More may have been committed since they were read.
        if (early) return { events: early.slice(0, limit), more: true };
        const { events, head } = read.get(shard) ?? { events: [] };
        return events.length < limit && head !== undefined
          ? { events, more: false, upTo: head }
          : { events, more: events.length === limit };
      });
    },
    begin(positions, limit) {
      // A read that fails is read again in its turn, and fails there.
      reading = readAfter(positions, limit).then(
        (found) => new Map(found),
        () => new Map(),
      );
    },
  };
}
