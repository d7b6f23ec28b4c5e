import type {
  CassandraSession,
  Consistency,
  Placement,
  Statement,
  StatementOptions,
  StoreFailure,
} from '@meridian/cassandra';
import { failing } from '@meridian/cassandra/testing/failing';
import { silentLog } from '@meridian/messaging';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegionalStore, type RegionalStore } from './regional-store.ts';

const REGIONS = ['eu-west', 'us-east'];
const HOME_NODES: Placement = {
  keyspace: 'k',
  routingKey: Buffer.alloc(1),
  coordinators: ['n1', 'n2', 'n3'],
};
const row: readonly Statement[] = [{ cql: 'INSERT', params: ['a'] }];
let store: RegionalStore;
afterEach(() => store.close());

/** Two regions that fail as the test says: a write to both, a write to the other region alone, and a read there. */
function regions(failures: {
  together?: StoreFailure | 'hangs' | undefined;
  remote?: StoreFailure | undefined;
  probe?: StoreFailure | undefined;
  /** When a write to both ends. */
  togetherLater?: Promise<void> | undefined;
  /** When a write to the other region alone ends. */
  remoteLater?: Promise<void> | undefined;
  /** A node that never answers as a coordinator. */
  hangs?: string;
}) {
  const sent: string[] = [];
  const session = (
    name: string,
    failure: (how: Consistency) => StoreFailure | 'hangs' | undefined,
  ): CassandraSession => {
    const run = ({ consistency, placement }: StatementOptions) => {
      const coordinator = placement?.coordinator;
      sent.push(`${name} ${consistency}${coordinator === undefined ? '' : ` by ${coordinator}`}`);
      const hangs = name === 'home' && coordinator !== undefined && coordinator === failures.hangs;
      const kind = hangs ? 'hangs' : failure(consistency);
      if (kind === 'hangs') return new Promise<never>(() => undefined);
      const later = consistency === 'EACH_QUORUM' ? failures.togetherLater : failures.remoteLater;
      if (later && (consistency === 'EACH_QUORUM' || name === 'remote')) return later.then(() => []);
      return kind ? Promise.reject(failing(kind)) : Promise.resolve([]);
    };
    return {
      execute: (_cql, _params, how) => run(how),
      async batch(_statements, how) {
        await run(how);
      },
      executeIf: () => Promise.resolve(true),
      schema: () => Promise.resolve(true),
      placementOf: () => undefined,
      close: () => Promise.resolve(),
    };
  };
  const home = session('home', (how) => (how === 'EACH_QUORUM' ? failures.together : undefined));
  store = createRegionalStore({
    session: home,
    regions: REGIONS,
    log: silentLog,
    probePauseMs: 1,
    connectRegion: () => Promise.resolve(session('remote', () => failures.remote)),
    probe: () => (failures.probe ? Promise.reject(failing(failures.probe)) : Promise.resolve()),
  });
  const write = async (placement?: Placement) => {
    const acknowledged = new Set(REGIONS);
    await store.write(row, acknowledged, placement);
    return [...acknowledged];
  };
  return { failures, sent, write };
}

describe('a write whose coordinator hangs', () => {
  it('goes by another node, to each region by itself, and so do those after it', async () => {
    const { sent, write } = regions({ hangs: 'n2' });
    // Nodes take turns, and the first turn is the second node's.
    expect(await write(HOME_NODES)).toEqual(REGIONS);
    expect(sent[0]).toBe('home EACH_QUORUM by n2');
    expect(sent[1]).toBe('home LOCAL_QUORUM by n1');
    sent.length = 0;
    for (let n = 0; n < 6; n++) expect(await write(HOME_NODES)).toEqual(REGIONS);
    const home = sent.filter((one) => one.startsWith('home'));
    expect(home).toHaveLength(6);
    expect(home.filter((one) => one.endsWith('by n2'))).toEqual([]);
  });

  it('goes by another node in the home region, too, where it goes to each region by itself', async () => {
    const { failures, sent, write } = regions({ together: 'hangs' });
    expect(await write()).toEqual(REGIONS);
    failures.hangs = 'n2';
    sent.length = 0;
    for (let n = 0; n < 6; n++) expect(await write(HOME_NODES)).toEqual(REGIONS);
    const home = sent.filter((one) => one.startsWith('home'));
    // One write has met the node.
    expect(home).toHaveLength(7);
    expect(home.filter((one) => one.endsWith('by n2'))).toHaveLength(1);
  });
});

describe('a write to all regions that is answered after a later one hung', () => {
  it('does not send the next ones to all regions together again', async () => {
    const slow = Promise.withResolvers<void>();
    const { failures, sent, write } = regions({ togetherLater: slow.promise });
    const early = write();
    await expect.poll(() => sent).toHaveLength(1);
    failures.togetherLater = undefined;
    failures.together = 'hangs';
    expect(await write()).toEqual(REGIONS);
    slow.resolve();
    expect(await early).toEqual(REGIONS);
    sent.length = 0;
    expect(await write()).toEqual(REGIONS);
    expect(sent).toEqual(['home LOCAL_QUORUM', 'remote LOCAL_QUORUM']);
  });
});

describe('a write to all regions that hangs', () => {
  it('goes to each of them by itself as well, and so do those after it', async () => {
    const { sent, write } = regions({ together: 'hangs' });
    expect(await write()).toEqual(REGIONS);
    expect(sent).toEqual(['home EACH_QUORUM', 'home LOCAL_QUORUM', 'remote LOCAL_QUORUM']);
    expect(await write()).toEqual(REGIONS);
    expect(sent.slice(3)).toEqual(['home LOCAL_QUORUM', 'remote LOCAL_QUORUM']);
  });
});

describe('a write to all regions that is only slow', () => {
  it('keeps the next ones together when it was quicker than the writes to each region', async () => {
    const slow = Promise.withResolvers<void>();
    const slower = Promise.withResolvers<void>();
    const { failures, sent, write } = regions({ togetherLater: slow.promise, remoteLater: slower.promise });
    const written = write();
    await expect.poll(() => sent).toContain('remote LOCAL_QUORUM');
    slow.resolve();
    expect(await written).toEqual(REGIONS);
    slower.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    failures.togetherLater = undefined;
    sent.length = 0;
    expect(await write()).toEqual(REGIONS);
    expect(sent).toEqual(['home EACH_QUORUM']);
  });
});

describe('several writes to all regions that hang', () => {
  it('follow the first of them to each region when that helps', async () => {
    const { sent, write } = regions({ together: 'hangs' });
    expect(await Promise.all([write(), write(), write()])).toEqual([REGIONS, REGIONS, REGIONS]);
    expect(sent.filter((one) => one === 'remote LOCAL_QUORUM')).toHaveLength(3);
  });

  it('wait while it is not known whether that helps', async () => {
    const slow = Promise.withResolvers<void>();
    const slower = Promise.withResolvers<void>();
    const { sent, write } = regions({ togetherLater: slow.promise, remoteLater: slower.promise });
    const written = Promise.all([write(), write(), write()]);
    // All three were sent in one turn, so they have waited equally long.
    await expect.poll(() => sent).toContain('remote LOCAL_QUORUM');
    slow.resolve();
    await written;
    expect(sent.filter((one) => one === 'remote LOCAL_QUORUM')).toHaveLength(1);
    slower.resolve();
  });
});

describe('a write to all regions that fails', () => {
  it('because it comes too late goes again to each by itself, and leaves none of them out', async () => {
    const { failures, sent, write } = regions({ together: 'late', remote: 'late' });
    const written = write();
    await expect.poll(() => sent.length).toBe(3);
    expect(store.isHealthy('us-east')).toBe(true);
    failures.remote = undefined;
    expect(await written).toEqual(REGIONS);
    expect(sent.slice(0, 3)).toEqual(['home EACH_QUORUM', 'home LOCAL_QUORUM', 'remote LOCAL_QUORUM']);
    expect(store.isHealthy('us-east')).toBe(true);
    // The next write does not wait for the node that hangs.
    sent.length = 0;
    expect(await write()).toEqual(REGIONS);
    expect(sent).not.toContain('home EACH_QUORUM');
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
    // A busy region is not away: the next write asks it again.
    expect(store.isHealthy('us-east')).toBe(true);
  });
});
