import { replicasAtWork } from '@meridian/relay';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestSystem, type TestSystem } from './testing/test-system.ts';

let system: TestSystem;

beforeAll(async () => {
  system = await openTestSystem();
});
afterAll(() => system.close());

it('is known to be at work from its start to its end, also when it publishes nothing', async () => {
  const replica = await system.start({ MERIDIAN_RELAY: 'off', MERIDIAN_REPLICA: 'quiet' });
  expect(await replicasAtWork(system.pool)).toEqual(['quiet']);
  const { rows } = await system.pool.query('SELECT replica FROM relay_replica');
  expect(rows, 'no share of the shards').toEqual([]);
  expect(await replica.stop()).toBe(0);
  expect(await replicasAtWork(system.pool)).toEqual([]);
});

it('is not taken away by another that has its name and stops', async () => {
  const names = { MERIDIAN_RELAY: 'off', MERIDIAN_REPLICA: 'twin', MERIDIAN_DRAIN_MS: '60000' };
  const [stays, stops] = [await system.start(names), await system.start(names)];
  await stops.stop();
  const { rows } = await system.pool.query("SELECT replica FROM command_replica WHERE replica LIKE 'twin%'");
  expect(rows).toHaveLength(1);
  await stays.stop();
});
