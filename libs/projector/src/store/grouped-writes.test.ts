import type { Placement, Statement } from '@meridian/cassandra';
import { failing } from '@meridian/cassandra/testing/failing';
import { describe, expect, it } from 'vitest';
import type { GroupBounds } from './group-queue.ts';
import { groupWrites } from './grouped-writes.ts';

const BOUNDS: GroupBounds = { maxInFlight: 1, maxPartitions: 3, maxBytes: 400 };
const REGIONS = ['eu-west', 'us-east'];

const statement = (text: string): Statement => ({ cql: 'INSERT', params: [text] });
const at = (nodes: string): Placement => ({
  keyspace: 'k',
  routingKey: Buffer.alloc(1),
  coordinators: nodes.split(' '),
});

/** A store whose requests end when the test says so. It keeps the texts of each request. */
function store(outcome: (texts: readonly unknown[], acknowledged: Set<string>) => void = () => undefined) {
  const requests: unknown[][] = [];
  const ends: (() => void)[] = [];
  const write = groupWrites(async (statements, acknowledged) => {
    const texts = statements.flatMap(({ params }) => params);
    requests.push(texts);
    await new Promise<void>((resolve) => ends.push(resolve));
    outcome(texts, acknowledged);
  }, BOUNDS);
  const settle = async () => {
    for (let n = 0; n < 20; n++) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { requests, write, settle };
}

describe('writes', () => {
  it('go together when they come in one turn, and when they had to wait, within the bounds', async () => {
    const { requests, write, settle } = store();
    const all = ['a', 'b'].map((text) => write([statement(text)], new Set(REGIONS), at('x')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toEqual([['a', 'b']]);
    for (const text of ['c', 'd', 'e', 'f']) {
      all.push(write([statement(text)], new Set(REGIONS), at('x')));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(requests).toEqual([['a', 'b']]);
    await settle();
    await Promise.all(all);
    expect(requests).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  it('share a request only with others of the same coordinator; without a placement they go alone', async () => {
    const { requests, write, settle } = store();
    const places = [at('x'), at('x'), at('y'), at('x'), undefined, undefined, at('y')];
    const all = places.map((place, index) => write([statement(String(index))], new Set(REGIONS), place));
    await settle();
    await Promise.all(all);
    expect(requests.map((texts) => texts.join(''))).toEqual(['013', '26', '4', '5']);
  });

  it('share a request when one node holds all of them, whatever their other nodes are', async () => {
    const coordinators: unknown[] = [];
    const requests: string[] = [];
    const write = groupWrites(async (statements, _acknowledged, placement) => {
      requests.push(statements.flatMap(({ params }) => params).join(''));
      coordinators.push(placement?.coordinator);
    }, BOUNDS);
    const places = ['x y', 'y z', 'x z', 'y w', 'z w'];
    await Promise.all(
      places.map((nodes, index) => write([statement(String(index))], new Set(REGIONS), at(nodes))),
    );
    // The oldest write can go to x or y, and y holds more of the waiting writes. The next can go to x or z, and z holds more.
    expect(requests).toEqual(['013', '24']);
    expect(coordinators).toEqual(['y', 'z']);
  });

  it('take along the few that are left, although their coordinator does not hold them', async () => {
    const requests: string[] = [];
    const write = groupWrites(
      async (statements, _acknowledged, placement) =>
        void requests.push(
          `${statements.flatMap(({ params }) => params).join('')} ${placement?.coordinator}`,
        ),
      { ...BOUNDS, maxGuests: 1 },
    );
    const all = (places: string) =>
      Promise.all(
        [...places].map((node, index) => write([statement(String(index))], new Set(REGIONS), at(node))),
      );
    await all('xxy');
    await all('xxyz');
    // There is no room for a guest.
    await all('xxxy');
    expect(requests).toEqual(['012 x', '01 x', '23 y', '012 x', '3 y']);
  });

  it('take turns at the nodes that hold the same', async () => {
    const coordinators = new Set<unknown>();
    const write = groupWrites(async (_statements, _acknowledged, placement) => {
      coordinators.add(placement?.coordinator);
    }, BOUNDS);
    for (let n = 0; n < 6; n++) await write([statement(String(n))], new Set(REGIONS), at('x y z'));
    expect(coordinators).toEqual(new Set(['x', 'y', 'z']));
  });

  it('leave the choice to the driver after a failure, and go to other nodes for a while', async () => {
    const coordinators: unknown[] = [];
    const write = groupWrites(async (_statements, _acknowledged, placement) => {
      coordinators.push(placement?.coordinator);
      if (placement?.coordinator === 'slow') throw failing('late');
    }, BOUNDS);
    await write([statement('a')], new Set(REGIONS), at('slow'));
    expect(coordinators).toEqual(['slow', undefined]);
    for (let n = 0; n < 4; n++) await write([statement(String(n))], new Set(REGIONS), at('slow well'));
    expect(coordinators.slice(2)).toEqual(['well', 'well', 'well', 'well']);
  });

  it('stay within the bytes: a large one goes alone', async () => {
    const { requests, write, settle } = store();
    const texts = ['a', 'b'.repeat(500), 'c'.repeat(500), 'd'];
    const all = texts.map((text) => write([statement(text)], new Set(REGIONS), at('x')));
    await settle();
    await Promise.all(all);
    expect(requests.map(([first]) => String(first)[0])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('of a group all hear of a region that did not acknowledge', async () => {
    const { write, settle } = store((_texts, acknowledged) => acknowledged.delete('us-east'));
    const sets = [1, 2, 3].map(() => new Set(REGIONS));
    const all = sets.map((acknowledged, index) => write([statement(String(index))], acknowledged, at('x')));
    await settle();
    await Promise.all(all);
    expect(sets.map((acknowledged) => [...acknowledged])).toEqual([['eu-west'], ['eu-west'], ['eu-west']]);
  });

  it('do not fail for a neighbour’s sake', async () => {
    const { requests, write, settle } = store((texts) => {
      if (texts.includes('bad')) throw failing('statement');
    });
    const texts = ['good', 'bad', 'fine'];
    const all = Promise.allSettled(texts.map((text) => write([statement(text)], new Set(REGIONS), at('x'))));
    await settle();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(requests).toContainEqual(['good', 'bad', 'fine']);
  });

  it.each(['busy', 'late'] as const)(
    'go again as they are, by fewer requests at once, when the store is %s',
    async (kind) => {
      let failures = 4;
      let atOnce = 0;
      const found: { readonly texts: string; readonly atOnce: number }[] = [];
      const write = groupWrites(
        async (statements) => {
          found.push({ texts: statements.flatMap(({ params }) => params).join(''), atOnce: ++atOnce });
          await new Promise((resolve) => setImmediate(resolve));
          atOnce -= 1;
          if (failures-- > 0) throw failing(kind);
        },
        { ...BOUNDS, maxInFlight: 4 },
      );
      const places = Array.from({ length: 12 }, (_, n) => at(String(n)));
      await Promise.all(
        places.flatMap((place, n) =>
          ['a', 'b'].map((text) => write([statement(`${text}${n} `)], new Set(REGIONS), place)),
        ),
      );
      const texts = places.map((_, n) => `a${n} b${n} `);
      expect(new Set(found.map((request) => request.texts))).toEqual(new Set(texts));
      expect(found).toHaveLength(12 + 4);
      expect(Math.max(...found.slice(0, 4).map((request) => request.atOnce))).toBe(4);
      // Four failures leave one place: nothing new goes before two of the four have succeeded.
      const failed = found.slice(0, 4).map((request) => request.texts);
      expect(failed).toContain(found[4]?.texts);
      expect(failed).toContain(found[5]?.texts);
    },
  );

  it('are given up after a few tries, all of a group with the same failure', async () => {
    let requests = 0;
    const write = groupWrites(() => {
      requests += 1;
      return Promise.reject(failing('late'));
    }, BOUNDS);
    const all = ['a', 'b', 'c'].map((text) => write([statement(text)], new Set(REGIONS), at('x')));
    for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
    expect(requests).toBe(4);
  });

  it('that wait for their turn reject when nobody needs them any more; what is under way ends', async () => {
    const { requests, write, settle } = store();
    const over = new AbortController();
    const texts = ['a', 'b', 'c', 'd'];
    const all = texts.map((text) => write([statement(text)], new Set(REGIONS), at('x'), over.signal));
    const other = write([statement('other')], new Set(REGIONS), at('y'));
    const ended = Promise.allSettled(all);
    await expect.poll(() => requests.length).toBe(1);
    over.abort(new Error('the partition is no longer ours'));
    await settle();
    await other;
    expect((await ended).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(requests).toEqual([['a', 'b', 'c'], ['other']]);
  });
});

describe('a write whose coordinator is late', () => {
  it('may go by another one that is not avoided, and by none where the driver chooses', async () => {
    const named: unknown[] = [];
    let isLate = true;
    const write = groupWrites(async (_statements, _acknowledged, placement, attempt) => {
      named.push([placement?.coordinator, attempt.otherCoordinator()]);
      if (attempt.triesBefore === 0 && isLate) throw failing('late');
    }, BOUNDS);
    // Nodes take turns. The first write's node is avoided from its failure on, and its second try names no node.
    await write([statement('a')], new Set(REGIONS), at('x y z'));
    expect(named).toEqual([
      ['y', 'x'],
      [undefined, undefined],
    ]);
    isLate = false;
    named.length = 0;
    for (let n = 0; n < 6; n++) await write([statement('b')], new Set(REGIONS), at('x y z'));
    expect(named.flat()).not.toContain('y');
    expect(named.flat()).not.toContain(undefined);
  });
});
