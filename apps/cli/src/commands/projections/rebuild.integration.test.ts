import { randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { catalogProjection } from '@meridian/read-model-catalog';
import { createRegisterTableCql, readRegister } from '@meridian/read-store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rebuild } from './rebuild.ts';

const cassandra = process.env['MERIDIAN_CASSANDRA_EU_WEST'] ?? '';
const keyspace = `cli_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
const { name } = catalogProjection;

let session: CassandraSession;
beforeAll(async () => {
  if (!cassandra) throw new Error('this test needs Cassandra: set MERIDIAN_CASSANDRA_EU_WEST to host:port');
  session = await connectCassandra({ contactPoints: [cassandra], localDataCenter: 'eu-west' });
  await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
  await session.schema([createRegisterTableCql(keyspace)]);
  // Generation 1 answers. Generation 2 was begun by version 2 of the code, and version 3 was started before it was filled.
  await session.executeIf(
    `INSERT INTO ${keyspace}.projection_generation (projector, generation, version, created_at, filled_at, max_events_per_second, epoch, live, newest_version) VALUES (?, 1, 1, ?, ?, 0, 1, 1, 3) IF NOT EXISTS`,
    [name, new Date(), new Date()],
  );
  await session.executeIf(
    `INSERT INTO ${keyspace}.projection_generation (projector, generation, version, created_at, max_events_per_second) VALUES (?, 2, 2, ?, 0) IF NOT EXISTS`,
    [name, new Date()],
  );
});
afterAll(async () => {
  await dropKeyspace(session, keyspace);
  await session.close();
});

/** What `meridian projections rebuild --no-wait` prints. */
async function printed(codeVersion?: number): Promise<string> {
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    const stores = { mysql: 'mysql://nobody@127.0.0.1:1/', kafka: '127.0.0.1:1', cassandra, keyspace };
    const options = {
      ...stores,
      region: 'eu-west',
      maxRate: 50,
      wait: false,
      ...(codeVersion ? { codeVersion } : {}),
    };
    await rebuild(name, options, new AbortController().signal);
  } finally {
    write.mockRestore();
  }
  return texts.join('');
}

const versions = async () => {
  const { generations = [] } = (await readRegister(session, keyspace, name)) ?? {};
  return generations.map(({ generation, version }) => [generation, version]);
};

describe('a rebuild', () => {
  it('begins beside one of an earlier version that is not filled, and says how to drop that one', async () => {
    const text = await printed();
    expect(text).toContain(`generation 3 of ${name} will be filled by version 3 of its code`);
    expect(text).toContain(`meridian projections drop ${name} 2`);
    expect(await versions()).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('begins no second one of its own version', async () => {
    expect(await printed()).toContain(`generation 3 of ${name} is already being filled`);
    expect(await versions()).toHaveLength(3);
  });

  it('goes on with that of an earlier version where this version is named', async () => {
    expect(await printed(2)).toContain(`generation 2 of ${name} is already being filled`);
    await expect(printed(4)).rejects.toThrow('no projector of version 4 was ever started; the newest is 3');
    expect(await versions()).toHaveLength(3);
  });
});
