import type { GenerationRegister } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { adviceOf, feedingOf } from './feeding.ts';

const member = { hasJoined: true, assigned: [], foreign: [], lastActivityAt: 1 };
const joining = { ...member, hasJoined: false };

describe('a process that feeds a read model', () => {
  it('has joined when it feeds the live generation, also as a member that owns nothing', () => {
    expect(feedingOf({ live: 1, previous: undefined }, new Map([[1, member]])).hasJoined).toBe(true);
    expect(feedingOf({ live: 1, previous: undefined }, new Map([[1, joining]])).hasJoined).toBe(false);
    expect(feedingOf({ live: 1, previous: undefined }, new Map([[1, undefined]])).hasJoined).toBe(false);
  });

  it('has not joined while it feeds nothing, or only what waits for its promotion', () => {
    const waiting = feedingOf({ live: 1, previous: undefined }, new Map());
    expect(waiting.hasJoined).toBe(false);
    expect(waiting.generations).toEqual([{ generation: 1, isLive: true, isFed: false }]);
    const filled = feedingOf({ live: 1, previous: undefined }, new Map([[2, member]]));
    expect(filled.hasJoined).toBe(false);
    expect(filled.generations).toEqual([
      { generation: 1, isLive: true, isFed: false },
      { generation: 2, isLive: false, isFed: true },
    ]);
  });

  it('has joined from the promotion on, as has the one that a rollback goes back to, until the drop', () => {
    const promoted = { live: 2, previous: 1 };
    expect(feedingOf(promoted, new Map([[2, member]])).hasJoined).toBe(true);
    expect(feedingOf(promoted, new Map([[1, member]])).hasJoined).toBe(true);
    expect(feedingOf(promoted, new Map()).hasJoined).toBe(false);
  });

  it('passes on what an operator has to do', () => {
    const waiting = { live: 1, previous: undefined };
    expect(feedingOf(waiting, new Map(), 'rebuild it').advice).toBe('rebuild it');
    expect(feedingOf(waiting, new Map([[1, member]])).advice).toBeUndefined();
  });

  it('does not wait for a rebuild beside the live generation', () => {
    const both = new Map([
      [1, member],
      [2, undefined],
    ]);
    expect(feedingOf({ live: 1, previous: undefined }, both).hasJoined).toBe(true);
  });
});

describe('what is logged', () => {
  const one = { createdAt: new Date(0), fillUntil: 0n, filledAt: new Date(0), maxEventsPerSecond: 0 };
  const register: GenerationRegister = {
    projector: 'orders',
    epoch: 1n,
    live: 1,
    previous: undefined,
    newestVersion: 2,
    generations: [{ ...one, generation: 1, version: 1, droppedAt: undefined }],
  };

  it('names what has to be done while what answers is fed by another version, and nothing else', () => {
    expect(adviceOf(register, 'orders', 1, [{ generation: 1 }])).toBeUndefined();
    expect(adviceOf(register, 'orders', 2, [])).toMatch(
      /^no generation of this version: .*keep projectors of version 1 running.*meridian projections rebuild orders$/,
    );
    expect(adviceOf(register, 'orders', 2, [{ generation: 2 }])).toMatch(
      /^generation 2 of this version does not answer; .*meridian projections promote orders 2$/,
    );
  });
});
