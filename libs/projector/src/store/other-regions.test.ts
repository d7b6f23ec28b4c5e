import type { CassandraSession } from '@meridian/cassandra';
import { silentLog } from '@meridian/messaging';
import { expect, it } from 'vitest';
import { createOtherRegions } from './other-regions.ts';

const session = { close: () => Promise.resolve() } as CassandraSession;

it('connects to every region before it is needed, and again when it could not be reached then', async () => {
  const connected: string[] = [];
  const regions = createOtherRegions(['us-east', 'ap-south'], {
    log: silentLog,
    async connectRegion(region) {
      connected.push(region);
      if (connected.length === 1) throw new Error('away');
      return session;
    },
  });
  expect(connected).toEqual(['us-east', 'ap-south']);
  await expect
    .poll(() => regions.runIn('us-east', async () => undefined).then(() => connected.length))
    .toBe(3);
  await regions.runIn('ap-south', async () => undefined);
  expect(connected).toEqual(['us-east', 'ap-south', 'us-east']);
  await regions.close();
});
