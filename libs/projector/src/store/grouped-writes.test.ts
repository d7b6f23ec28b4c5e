import type { Placement, Statement } from '@meridian/cassandra';
import { failing } from '@meridian/cassandra/testing/failing';
import { describe, expect, it } from 'vitest';
import { groupWrites, type GroupBounds } from './grouped-writes.ts';

const BOUNDS: GroupBounds = { maxInFlight: 1, maxPartitions: 3, maxBytes: 400 };
const REGIONS = ['eu-west', 'us-east'];

const statement = (text: string): Statement => ({ cql: 'INSERT', params: [text] });
const at = (replicas: string): Placement => ({ keyspace: 'k', routingKey: Buffer.alloc(1), replicas });

/** A store whose requests end when told; keeps what each of them held. */
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

  it('share a request only with others for the same replicas; without a placement they go alone', async () => {
    const { requests, write, settle } = store();
    const places = [at('x'), at('x'), at('y'), at('x'), undefined, undefined, at('y')];
    const all = places.map((place, index) => write([statement(String(index))], new Set(REGIONS), place));
    await settle();
    await Promise.all(all);
    expect(requests.map((texts) => texts.join(''))).toEqual(['013', '26', '4', '5']);
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
      // The four that failed go again one after another, or nearly so: four failures leave one place.
      expect(Math.max(...found.slice(8, 10).map((request) => request.atOnce))).toBeLessThanOrEqual(4);
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
