import type { Placement, Statement } from '@meridian/cassandra';
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
      if (texts.includes('bad')) throw new Error('refused');
    });
    const texts = ['good', 'bad', 'fine'];
    const all = Promise.allSettled(texts.map((text) => write([statement(text)], new Set(REGIONS), at('x'))));
    await settle();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(requests).toContainEqual(['good', 'bad', 'fine']);
  });
});
