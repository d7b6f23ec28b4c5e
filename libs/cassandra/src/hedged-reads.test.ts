import { describe, expect, it } from 'vitest';
import { createHedgedReads } from './hedged-reads.ts';

const hedged = () => createHedgedReads({ afterMs: 300, share: 0.5, burst: 2 });
const delaysOf = ({ policy }: ReturnType<typeof hedged>, query: string | object[]) => {
  const plan = policy.newPlan('k', query);
  return [plan.nextExecution() as number, plan.nextExecution() as number];
};

describe('a read that is not answered in time', () => {
  it('goes to one more node; a write does not', () => {
    const reads = hedged();
    expect(delaysOf(reads, 'SELECT a FROM t WHERE b = ?')).toEqual([300, -1]);
    expect(delaysOf(reads, 'INSERT INTO t (a) VALUES (?)')).toEqual([-1, -1]);
    expect(delaysOf(reads, [{ query: 'SELECT' }])).toEqual([-1, -1]);
  });

  it('goes to no more node once too many did, until other reads have made room', () => {
    const reads = hedged();
    for (let n = 0; n < 3; n++) {
      delaysOf(reads, 'SELECT 1');
      reads.metrics.onSpeculativeExecution();
    }
    // Two at first, and one for two reads: three are spent, one read more makes half a place.
    expect(delaysOf(reads, 'SELECT 1')).toEqual([-1, -1]);
    expect(delaysOf(reads, 'SELECT 1')).toEqual([300, -1]);
  });
});
