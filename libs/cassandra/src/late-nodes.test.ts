import { describe, expect, it } from 'vitest';
import { avoidable, createLateNodes, lateLast } from './late-nodes.ts';

const nodes = (...addresses: readonly string[]) => addresses.map((address) => ({ address }));
const orderOf = (addresses: readonly string[], late: readonly string[]) =>
  [...lateLast(nodes(...addresses).values(), avoidable(new Set(late), addresses.length))].map(
    ({ address }) => address,
  );

describe('nodes that were late', () => {
  it('are remembered for five seconds after the last time', () => {
    let nowMs = 0;
    const late = createLateNodes(() => nowMs);
    late.add('a');
    nowMs = 4_000;
    late.add('a');
    late.add('b');
    nowMs = 8_999;
    expect([...late.current()]).toEqual(['a', 'b']);
    nowMs = 9_000;
    expect([...late.current()]).toEqual([]);
  });

  it('are those that another node answered for, and not those that failed or answered', () => {
    const late = createLateNodes();
    const triedHosts = { a: null, b: new Error('refused'), c: null };
    late.addOf({ queriedHost: 'c', triedHosts, speculativeExecutions: 0 });
    expect([...late.current()]).toEqual([]);
    late.addOf({ queriedHost: 'c', triedHosts, speculativeExecutions: 1 });
    expect([...late.current()]).toEqual(['a']);
  });

  it('are silent until they answer, however long that takes', () => {
    let nowMs = 0;
    const late = createLateNodes(() => nowMs);
    const answeredBy = (queriedHost: string, ...before: readonly string[]) => {
      const triedHosts = Object.fromEntries([...before, queriedHost].map((address) => [address, null]));
      late.addOf({ queriedHost, triedHosts, speculativeExecutions: before.length });
    };
    answeredBy('c', 'a');
    answeredBy('c', 'b');
    expect([...late.silent()]).toEqual(['a', 'b']);
    answeredBy('b');
    nowMs = 60_000;
    expect([...late.current()]).toEqual([]);
    expect([...late.silent()]).toEqual(['a']);
  });

  it('are asked last, and still asked', () => {
    expect(orderOf(['a', 'b', 'c'], ['a'])).toEqual(['b', 'c', 'a']);
    expect(orderOf(['a', 'b', 'c', 'd', 'e'], ['d', 'b'])).toEqual(['a', 'c', 'e', 'b', 'd']);
  });

  it('keep their turn when half of all nodes are late: the others must not get all the work', () => {
    expect(orderOf(['a', 'b', 'c'], ['a', 'b'])).toEqual(['a', 'b', 'c']);
    expect(orderOf(['a', 'b'], ['a'])).toEqual(['a', 'b']);
    expect(orderOf(['a'], ['a'])).toEqual(['a']);
  });
});
