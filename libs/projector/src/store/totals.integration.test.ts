import { randomBytes } from 'node:crypto';
import {
  changeSchema,
  connectCassandra,
  dropKeyspace,
  ensureKeyspace,
  type CassandraSession,
} from '@meridian/cassandra';
import { sold, soldAt } from '@meridian/projection/testing/contributions';
import { createReader, createTableCql } from '@meridian/read-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRowWriter } from './row-writer.ts';
import { createTotalReads } from './total-reads.ts';
import { createTotals, storedTotals, type AddedTotals } from './totals.ts';

const ITEMS = 1_500;
const DAYS = ['monday', 'tuesday'];
const SHARE = 3;
/** One event per line, so that every line of both days is a total of its own. */
const lines = DAYS.flatMap((day) =>
  Array.from({ length: ITEMS }, (_, n) => ({ day, item: `item-${String(n).padStart(4, '0')}` })),
);
const contributionsFrom = (firstPosition: bigint, units: bigint) =>
  lines.map(({ day, item }, index) => soldAt(firstPosition + BigInt(index), item, units, day));

let session: CassandraSession;
let keyspace: string;

beforeAll(async () => {
  const contactPoint = process.env['MERIDIAN_CASSANDRA_EU_WEST'];
  if (!contactPoint) throw new Error('MERIDIAN_CASSANDRA_EU_WEST is not set: run `npm test`');
  session = await connectCassandra({ contactPoints: [contactPoint], localDataCenter: 'eu-west' });
  keyspace = `totals_${randomBytes(5).toString('hex')}`;
  await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
  await changeSchema(session, [createTableCql(keyspace, sold, 1)]);
});
afterAll(async () => {
  await dropKeyspace(session, keyspace);
  await session.close();
});

/** The same session with few places. It counts requests, and refuses them as a driver without a free place does. */
function narrow(places: number) {
  const seen = { requests: 0, inFlight: 0, mostInFlight: 0, refuseAfter: Number.POSITIVE_INFINITY };
  const execute: CassandraSession['execute'] = async (...statement) => {
    if (seen.inFlight >= places || seen.requests >= seen.refuseAfter)
      throw new Error('all connections are busy');
    seen.requests += 1;
    seen.inFlight += 1;
    seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
    try {
      return await session.execute(...statement);
    } finally {
      seen.inFlight -= 1;
    }
  };
  return { seen, session: { ...session, execute } };
}

it('totals of a backlog are read in bounded pieces, each tried again for itself, and are exact', async () => {
  const writer = createRowWriter({ session, keyspace, generation: 1 });
  const before = await createTotals(createTotalReads(session, writer)).add(SHARE, contributionsFrom(1n, 2n));
  await writer.write(before.rows, 'LOCAL_QUORUM');

  const { seen, session: busy } = narrow(4);
  const reads = createTotalReads(busy, writer, { maxInFlight: 4 });
  // The bound is below the number of totals that one batch needs.
  const totals = createTotals(reads, { maxRows: 100, maxBytes: 1_000_000 });
  const later = contributionsFrom(10_001n, 5n);
  let tries = 0;
  let added: AddedTotals | undefined;
  for (; !added && tries < 20; tries++) {
    seen.refuseAfter = seen.requests + 8;
    added = await totals.add(SHARE, later).catch(() => undefined);
  }
  expect(added?.rows).toHaveLength(lines.length);
  expect(tries).toBeGreaterThan(2);
  expect(seen.mostInFlight).toBeLessThanOrEqual(4);
  // One request reads a hundred totals. Only refused requests are repeated.
  expect(seen.requests).toBeLessThanOrEqual(lines.length / 100 + 4 * tries);

  await writer.write(added?.rows ?? [], 'LOCAL_QUORUM');
  added?.written();
  const found = await Promise.all(
    DAYS.map((day) => createReader(session, keyspace, 1).select(sold, '*', 'WHERE day = ?', [day])),
  );
  const shown = found.flat().map((row) => [row['day'], row['item'], row['kafka_partition'], row['units']]);
  expect(shown).toEqual(lines.map(({ day, item }) => [day, item, SHARE, 7n]));
  seen.refuseAfter = Number.POSITIVE_INFINITY;
  expect(await storedTotals(reads, SHARE, later)).toHaveLength(lines.length);
  expect(await storedTotals(reads, SHARE + 1, later)).toEqual([]);
});
