import { describe, expect, it } from 'vitest';
import { hedgedRequests } from './hedged-requests.ts';

const hedged = () =>
  hedgedRequests({
    reads: { afterMs: 300, share: 0.5, burst: 2 },
    writes: { afterMs: 600, share: 0.1, burst: 1 },
  });

/** When a request goes to a second node, as the driver asks when the first one has got the request. */
const delayOf = (policy: ReturnType<typeof hedged>, query: string | object[]) =>
  policy.newPlan('k', query).nextExecution() as number;

/** A request that a second node has got: the driver asks whether a third is to get it. */
const sentTwice = (policy: ReturnType<typeof hedged>, query: string | object[]) => {
  const plan = policy.newPlan('k', query);
  return [plan.nextExecution() as number, plan.nextExecution() as number];
};

const SELECT = 'SELECT a FROM t WHERE b = ?';
const INSERT = 'INSERT INTO t (a) VALUES (?)';

describe('a request that is not answered in time', () => {
  it('goes to one more node: a read soon, a write or a batch later', () => {
    expect(sentTwice(hedged(), SELECT)).toEqual([300, -1]);
    expect(sentTwice(hedged(), INSERT)).toEqual([600, -1]);
    expect(sentTwice(hedged(), [{ query: INSERT }])).toEqual([600, -1]);
    expect(sentTwice(hedged(), 'CREATE TABLE t (a int PRIMARY KEY)')).toEqual([-1, -1]);
  });

  it('goes to no more node once too many did, until other requests have made room', () => {
    const policy = hedged();
    for (let n = 0; n < 3; n++) sentTwice(policy, SELECT);
    // Two at first, and one for two reads: three are spent, one read more makes half a place.
    expect(delayOf(policy, SELECT)).toBe(-1);
    expect(delayOf(policy, SELECT)).toBe(300);
  });

  it('goes no more often when many are late at once: what was spent has to be earned', () => {
    const policy = hedged();
    const late = Array.from({ length: 20 }, () => policy.newPlan('k', INSERT));
    for (const plan of late) plan.nextExecution();
    for (const plan of late) plan.nextExecution();
    // One at first and a tenth for each: 20 were sent, and some 17 of them have still to be earned.
    for (let n = 0; n < 150; n++) expect(delayOf(policy, INSERT)).toBe(-1);
    for (let n = 0; n < 50; n++) delayOf(policy, INSERT);
    expect(delayOf(policy, INSERT)).toBe(600);
  });

  it('takes nothing from the others while it is answered in time', () => {
    const policy = hedged();
    for (let n = 0; n < 10; n++) expect(delayOf(policy, INSERT)).toBe(600);
  });

  it('leaves reads their room when writes have used up theirs', () => {
    const policy = hedged();
    sentTwice(policy, INSERT);
    expect(delayOf(policy, INSERT)).toBe(-1);
    expect(delayOf(policy, SELECT)).toBe(300);
  });
});
