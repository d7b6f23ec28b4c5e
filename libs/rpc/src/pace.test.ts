import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from './pace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the pace of a stream', () => {
  it('is too slow when nothing was taken for the whole time since the last was', () => {
    const onIdle = vi.fn();
    const pace = new Pace(1_000, onIdle);
    pace.sent();
    pace.sent();
    vi.advanceTimersByTime(900);
    pace.taken();
    vi.advanceTimersByTime(999);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onIdle).toHaveBeenCalledOnce();
  });

  it('counts from the message that waits, not from one that was taken before', () => {
    const onIdle = vi.fn();
    const pace = new Pace(1_000, onIdle);
    pace.sent();
    pace.taken();
    vi.advanceTimersByTime(900);
    pace.sent();
    vi.advanceTimersByTime(999);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onIdle).toHaveBeenCalledOnce();
  });

  it('takes one timer for many messages', () => {
    const begun = vi.spyOn(globalThis, 'setTimeout');
    const pace = new Pace(1_000, () => undefined);
    for (let n = 0; n < 100; n++) {
      pace.sent();
      pace.taken();
    }
    expect(begun).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind when the stream has ended, whatever waits or comes', () => {
    const onIdle = vi.fn();
    const pace = new Pace(1_000, onIdle);
    pace.sent();
    pace.end();
    pace.sent();
    expect(vi.getTimerCount()).toBe(0);
    expect(onIdle).not.toHaveBeenCalled();
  });
});
