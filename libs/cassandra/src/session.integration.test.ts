import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeSchema, dropKeyspace, ensureKeyspace } from './schema.ts';
import { connectCassandra, type CassandraSession } from './session.ts';

const keyspace = `cassandra_test_${randomBytes(5).toString('hex')}`;
const HERE = { consistency: 'LOCAL_QUORUM' } as const;
const EVERYWHERE = { consistency: 'EACH_QUORUM' } as const;
let home: CassandraSession;
let remote: CassandraSession;

function connect(region: string, variable: string, space?: string): Promise<CassandraSession> {
  const address = process.env[variable];
  if (!address)
    throw new Error(`${variable} is not set: integration tests need real engines, run \`npm test\``);
  return connectCassandra({
    contactPoints: address.split(','),
    localDataCenter: region,
    ...(space ? { keyspace: space } : {}),
  });
}

beforeAll(async () => {
  home = await connect('eu-west', 'MERIDIAN_CASSANDRA_EU_WEST');
  await ensureKeyspace(home, keyspace, { 'eu-west': 1, 'us-east': 1 });
  await changeSchema(home, [
    `CREATE TABLE IF NOT EXISTS ${keyspace}.cells (id text, n int, big bigint, small int, day timestamp, yes boolean, bytes blob, words text, PRIMARY KEY ((id), n))`,
  ]);
  remote = await connect('us-east', 'MERIDIAN_CASSANDRA_US_EAST', keyspace);
});
afterAll(async () => {
  await dropKeyspace(home, keyspace);
  await Promise.all([home.close(), remote.close()]);
});

const insert = `INSERT INTO ${keyspace}.cells (id, n, big, words) VALUES (?, ?, ?, ?) USING TIMESTAMP ?`;
const rowsOf = (id: string, session = home) =>
  session.execute(`SELECT * FROM ${keyspace}.cells WHERE id = ?`, [id], HERE);

describe('the cells of a row', () => {
  it('come out as they went in, large numbers and bytes too', async () => {
    const cells = [
      2n ** 63n - 1n,
      -7,
      new Date('2010-12-01T08:26:00.123Z'),
      true,
      Buffer.from([0, 255]),
      'é',
    ];
    await home.execute(
      `INSERT INTO ${keyspace}.cells (id, n, big, small, day, yes, bytes, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ['all', 1, ...cells],
      HERE,
    );
    const [big, small, day, yes, bytes, words] = cells;
    expect(await rowsOf('all')).toEqual([{ id: 'all', n: 1, big, small, day, yes, bytes, words }]);
  });

  it('stay as they are where undefined is bound, and are null where nothing was ever written', async () => {
    await home.execute(insert, ['unset', 1, 5n, 'first', 2n], HERE);
    await home.execute(insert, ['unset', 1, undefined, 'second', 4n], HERE);
    expect(await rowsOf('unset')).toMatchObject([{ big: 5n, words: 'second', small: null, bytes: null }]);
  });

  it('are those of the largest timestamp, whatever the order of arrival', async () => {
    await home.execute(insert, ['late', 1, 2n, 'newer', 9n], HERE);
    await home.execute(insert, ['late', 1, 1n, 'older', 3n], HERE);
    await home.execute(
      `DELETE FROM ${keyspace}.cells USING TIMESTAMP ? WHERE id = ? AND n = ?`,
      [8n, 'late', 1],
      HERE,
    );
    expect(await rowsOf('late')).toMatchObject([{ big: 2n, words: 'newer' }]);
  });
});

describe('a session', () => {
  it('reads what the other region wrote everywhere', async () => {
    await remote.execute(insert, ['both', 1, 1n, 'from us-east', 2n], EVERYWHERE);
    expect(await rowsOf('both')).toMatchObject([{ words: 'from us-east' }]);
    expect(await rowsOf('both', remote)).toMatchObject([{ words: 'from us-east' }]);
  });

  it('gives all rows of a partition, beyond one page of the driver', async () => {
    const count = 5_200;
    for (let from = 0; from < count; from += 400) {
      const rows = Array.from({ length: Math.min(400, count - from) }, (_, index) => ({
        cql: insert,
        params: ['many', from + index, BigInt(from + index), 'x', 2n],
      }));
      await home.batch(rows, HERE);
    }
    const rows = await rowsOf('many');
    expect(rows).toHaveLength(count);
    expect(rows.at(-1)).toMatchObject({ n: count - 1, big: BigInt(count - 1) });
  });

  it('writes a batch of one partition whole', async () => {
    const rows = [1, 2, 3].map((n) => ({ cql: insert, params: ['batch', n, BigInt(n), `row ${n}`, 2n] }));
    await home.batch(rows, EVERYWHERE);
    expect((await rowsOf('batch', remote)).map(({ words }) => words)).toEqual(['row 1', 'row 2', 'row 3']);
  });

  it('tells whether a condition held', async () => {
    const cql = `INSERT INTO ${keyspace}.cells (id, n, big) VALUES (?, ?, ?) IF NOT EXISTS`;
    expect(await home.executeIf(cql, ['once', 1, 1n])).toBe(true);
    expect(await remote.executeIf(cql, ['once', 1, 2n])).toBe(false);
    expect(await rowsOf('once')).toMatchObject([{ big: 1n }]);
  });

  it('is not made when nothing answers', async () => {
    const nobody = connectCassandra({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'eu-west' });
    await expect(nobody).rejects.toThrow();
  });

  it('is not made for a data centre that is not there', async () => {
    await expect(connect('mars', 'MERIDIAN_CASSANDRA_EU_WEST')).rejects.toThrow();
  });
});

describe('ensureKeyspace', () => {
  it('does nothing when the keyspace is there, also from several at once', async () => {
    const again = () => ensureKeyspace(home, keyspace, { 'eu-west': 1, 'us-east': 1 });
    await Promise.all([again(), again(), again()]);
  });

  it('knows where a partition is, and takes partitions that are together in one batch', async () => {
    const place = (id: string) => home.placementOf(keyspace, [{ type: 'text', value: id }]);
    // One node per region: it holds everything, and the other region's node coordinates nothing here.
    await expect.poll(() => place('a')?.coordinators).toHaveLength(1);
    expect(place('b')?.coordinators).toEqual(place('a')?.coordinators);
    expect(home.placementOf('no_such_keyspace', [{ type: 'text', value: 'a' }])).toBeUndefined();
    const insert = (id: string) => ({
      cql: `INSERT INTO ${keyspace}.cells (id, n, big) VALUES (?, 1, 5)`,
      params: [id],
    });
    const placement = place('together-1');
    if (!placement) throw new Error('no placement');
    const [coordinator = ''] = placement.coordinators;
    const everywhere = { consistency: 'EACH_QUORUM' } as const;
    const both = ['together-1', 'together-2'];
    await home.batch(both.map(insert), { ...everywhere, placement: { ...placement, coordinator } });
    // To the other region's session that node is a stranger.
    await remote.batch([insert('together-3')], { ...everywhere, placement: { ...placement, coordinator } });
    for (const id of [...both, 'together-3']) {
      const rows = await remote.execute(`SELECT big FROM ${keyspace}.cells WHERE id = ?`, [id], {
        consistency: 'LOCAL_QUORUM',
      });
      expect(rows).toEqual([{ big: 5n }]);
    }
  });
});
