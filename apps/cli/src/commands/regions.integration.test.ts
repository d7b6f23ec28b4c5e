import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { createProgressTableCql, createRegisterTableCql, promote } from '@meridian/read-store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { onGenerations } from './projections/store.ts';
import { traceStoresOf } from './trace/trace-stores.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

const suffix = randomBytes(6).toString('hex');
const keyspace = `cli_regions_${suffix}`;

describe('outside of a stack of this machine', () => {
  const nodes = fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST');
  const options = { mysql: 'mysql://nowhere/', kafka: 'nowhere:9092', cassandra: nodes, keyspace };
  let session: CassandraSession;

  beforeAll(async () => {
    session = await connectCassandra({ contactPoints: [nodes], localDataCenter: 'eu-west' });
    await ensureKeyspace(session, keyspace, { 'us-east': 1, 'eu-west': 1 });
    await session.schema([createRegisterTableCql(keyspace), ...createProgressTableCql(keyspace)]);
    for (const generation of [1, 2]) await enter(generation);
  });
  afterAll(async () => {
    await dropKeyspace(session, keyspace);
    await session.close();
  });
  beforeEach(() => {
    vi.stubEnv('MERIDIAN_STACK_FOLDER', path.join(tmpdir(), `no-stack-${suffix}`));
    for (const name of ['MERIDIAN_REGIONS', 'MERIDIAN_CASSANDRA_EU_WEST', 'MERIDIAN_CASSANDRA_US_EAST'])
      vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /**
   * A filled generation. In the home region, the second generation has applied the same as the first; in the other
   * region, nothing. The first generation is fed by a second context as well.
   */
  async function enter(generation: number): Promise<void> {
    await execute(
      `INSERT INTO ${keyspace}.projection_generation (projector, generation, version, created_at, fill_until, filled_at, max_events_per_second, epoch, live, newest_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ['catalog', generation, 1, new Date(), 0n, new Date(), 0, 1n, 1, 1],
    );
    for (const context of generation === 1 ? ['catalog', 'orders'] : ['catalog'])
      for (const region of generation === 1 ? ['eu-west', 'us-east'] : ['eu-west'])
        await execute(
          `INSERT INTO ${keyspace}.projection_progress (projector, generation, region, context, partition, position, event_time) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ['catalog', generation, region, context, 3, 7n, new Date()],
        );
  }
  const execute = (cql: string, params: Parameters<CassandraSession['execute']>[1]) =>
    session.execute(cql, params, { consistency: 'EACH_QUORUM' });

  it('a generation is looked at in every region of the keyspace before it is promoted', async () => {
    const promoted = onGenerations(options, ({ of }) => promote(of('catalog'), 2, 0));
    await expect(promoted).rejects.toThrow(/is behind the live one: us-east catalog\/3 is at 0 of 7$/);
  });

  it('the regions are those of the keyspace, the home region first', async () => {
    const regions = () => onGenerations(options, async ({ of }) => of('catalog').regions);
    expect(await regions()).toEqual(['eu-west', 'us-east']);
    vi.stubEnv('MERIDIAN_REGIONS', 'us-east');
    const fromUsEast = { ...options, region: 'us-east' };
    expect(await onGenerations(fromUsEast, async ({ of }) => of('catalog').regions)).toEqual([
      'us-east',
      'eu-west',
    ]);
  });

  it('a trace looks into every region, through the nodes of the one that is named', async () => {
    const { cassandra } = await traceStoresOf(options);
    expect(Object.keys(cassandra)).toEqual(['eu-west', 'us-east']);
    const remote = await connectCassandra({
      contactPoints: cassandra['us-east'] ?? [],
      localDataCenter: 'us-east',
    });
    const [local] = await remote.execute('SELECT data_center FROM system.local', [], {
      consistency: 'LOCAL_ONE',
    });
    await remote.close();
    expect(local?.['data_center']).toBe('us-east');
  });

  it('a trace names the regions of the environment when none of them answers', async () => {
    vi.stubEnv('MERIDIAN_REGIONS', 'eu-west,us-east');
    vi.stubEnv('MERIDIAN_CASSANDRA_US_EAST', '127.0.0.1:1');
    const { cassandra } = await traceStoresOf({ ...options, cassandra: '127.0.0.1:1' });
    expect(cassandra).toEqual({ 'eu-west': ['127.0.0.1:1'], 'us-east': ['127.0.0.1:1'] });
  });
});
