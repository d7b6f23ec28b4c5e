import type { CassandraSession } from '@meridian/cassandra';
import { contextOfAggregate, isAggregateType, partitionKey, type Positions } from '@meridian/contracts';
import { bigintOf, createPool, type MysqlPool } from '@meridian/mysql';
import { PROJECTIONS } from '@meridian/read-models';
import { readProgress } from '@meridian/read-store';
import type { BenchSystem } from './bench-system.ts';
import { noneLeft } from './none-left.ts';
import { connectRegion } from './read-space.ts';

/** Looks how far the read models of a space are, in every region. */
export interface AppliedWatch {
  /** The newest position of the journal: what comes after it is new. */
  head(): Promise<bigint>;
  /** Resolves when everything after this position is in all read models of all regions. Rejects after a minute without progress. */
  allSince(position: bigint): Promise<void>;
  close(): Promise<void>;
}

const LOOK_MS = 25;

/** Watches a space of this version of the code. */
export async function watchApplied(system: BenchSystem, space: string): Promise<AppliedWatch> {
  const pool = createPool({ ...system.mysql, database: space, connectionLimit: 1 });
  const sessions = await Promise.all(
    system.regions.map(async (region) => ({ region, session: await connectRegion(system, region) })),
  );
  return {
    head: () => headOf(pool),
    async allSince(position) {
      const newest = await newestSince(pool, position);
      for (const projection of PROJECTIONS) {
        const { name: projector, version: generation, contexts } = projection;
        const required = new Map(
          [...newest].filter(([key]) => contexts.some((name) => key.startsWith(`${name}/`))),
        );
        for (const { region, session } of sessions) {
          const left = () => positionsLeft(session, space, { projector, generation, region }, required);
          await noneLeft(`for ${projector} in ${region}`, left, LOOK_MS);
        }
      }
    },
    close: async () =>
      void (await Promise.all([pool.close(), ...sessions.map(({ session }) => session.close())])),
  };
}

async function headOf(pool: MysqlPool): Promise<bigint> {
  const { rows } = await pool.query('SELECT COALESCE(MAX(position), 0) AS position FROM journal');
  return rows[0] ? bigintOf(rows[0], 'position') : 0n;
}

/** The newest position of each partition that got events since. */
async function newestSince(pool: MysqlPool, position: bigint): Promise<Positions> {
  const { rows } = await pool.query(
    'SELECT aggregate_type, shard, MAX(position) AS newest FROM journal WHERE position > ? GROUP BY aggregate_type, shard',
    [position],
  );
  return new Map(
    rows.flatMap((row) => {
      const type = String(row['aggregate_type']);
      if (!isAggregateType(type)) return [];
      return [[partitionKey(contextOfAggregate(type), Number(row['shard'])), bigintOf(row, 'newest')]];
    }),
  );
}

async function positionsLeft(
  session: CassandraSession,
  space: string,
  owner: Parameters<typeof readProgress>[2],
  required: Positions,
): Promise<bigint> {
  const { positions } = await readProgress(session, space, owner);
  const left = [...required].map(([key, position]) => position - (positions.get(key) ?? 0n));
  return left.reduce((sum, one) => (one > 0n ? sum + one : sum), 0n);
}
