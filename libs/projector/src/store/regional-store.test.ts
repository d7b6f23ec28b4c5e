import type { CassandraSession, Consistency, Statement, StoreFailure } from '@meridian/cassandra';
import { failing } from '@meridian/cassandra/testing/failing';
import { silentLog } from '@meridian/messaging';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegionalStore, type RegionalStore } from './regional-store.ts';

const REGIONS = ['eu-west', 'us-east'];
const row: readonly Statement[] = [{ cql: 'INSERT', params: ['a'] }];
let store: RegionalStore;
afterEach(() => store.close());

/** Two regions that fail as told: a write to both, one to the other region alone, and a read there. */
function regions(failures: {
  together?: StoreFailure | undefined;
  remote?: StoreFailure | undefined;
  probe?: StoreFailure | undefined;
}) {
  const sent: string[] = [];
  const session = (
    name: string,
    failure: (how: Consistency) => StoreFailure | undefined,
  ): CassandraSession => {
    const run = ({ consistency }: { readonly consistency: Consistency }) => {
      sent.push(`${name} ${consistency}`);
      const kind = failure(consistency);
      return kind ? Promise.reject(failing(kind)) : Promise.resolve([]);
    };
    return {
      execute: (_cql, _params, how) => run(how),
      async batch(_statements, how) {
        await run(how);
      },
      ...{ executeIf: () => Promise.resolve(true), schema: () => Promise.resolve() },
      ...{ placementOf: () => undefined, close: () => Promise.resolve() },
    };
  };
  const home = session('home', (how) => (how === 'EACH_QUORUM' ? failures.together : undefined));
  store = createRegionalStore({
    ...{ session: home, regions: REGIONS, log: silentLog, probePauseMs: 1 },
    connectRegion: () => Promise.resolve(session('remote', () => failures.remote)),
    probe: () => (failures.probe ? Promise.reject(failing(failures.probe)) : Promise.resolve()),
  });
  const write = async () => {
    const acknowledged = new Set(REGIONS);
    await store.write(row, acknowledged);
    return [...acknowledged];
  };
  return { failures, sent, write };
}

describe('a write to all regions that fails', () => {
  it('because stores have too much to do goes again to all together, and to none of them twice', async () => {
    const { failures, sent, write } = regions({ together: 'late' });
    const written = write();
    await expect.poll(() => sent.length).toBe(2);
    failures.together = undefined;
    expect(await written).toEqual(REGIONS);
    expect(new Set(sent)).toEqual(new Set(['home EACH_QUORUM']));
  });

  it('because a region does not answer goes to each of them, and leaves that one out from then on', async () => {
    const { failures, sent, write } = regions({ together: 'late', remote: 'late', probe: 'late' });
    expect(await write()).toEqual(['eu-west']);
    expect(store.isHealthy('us-east')).toBe(false);
    expect(sent).toEqual(['home EACH_QUORUM', 'home LOCAL_QUORUM']);
    failures.probe = undefined;
    await expect.poll(() => store.isHealthy('us-east')).toBe(true);
  });

  it('because a region lacks replicas goes to each of them at once', async () => {
    const { write } = regions({ together: 'away', remote: 'away', probe: 'away' });
    expect(await write()).toEqual(['eu-west']);
  });

  it('again and again, though all of them answer, is no reason for home to wait for ever', async () => {
    const { write } = regions({ together: 'late', remote: 'busy' });
    expect(await write()).toEqual(['eu-west']);
    // Too much to do is no outage: it is asked again with the next write.
    expect(store.isHealthy('us-east')).toBe(true);
  });
});
