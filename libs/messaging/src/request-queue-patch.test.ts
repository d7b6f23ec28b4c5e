import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patchRequestQueue, scheduleCheckPendingRequests, type PatchedQueue } from './request-queue-patch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function queueOf(pending: readonly unknown[], throttledForMs = -1_000) {
  const checkPendingRequests = vi.fn();
  const queue: PatchedQueue = {
    pending,
    throttledUntil: Date.now() + throttledForMs,
    throttleCheckTimeoutId: null,
    checkPendingRequests,
  };
  return { queue, checkPendingRequests };
}

describe('scheduleCheckPendingRequests', () => {
  it('arms nothing on an idle connection', () => {
    const { queue } = queueOf([]);
    scheduleCheckPendingRequests.call(queue);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks once, at least 10 ms later, when something is pending', () => {
    const { queue, checkPendingRequests } = queueOf(['request']);
    scheduleCheckPendingRequests.call(queue);
    scheduleCheckPendingRequests.call(queue);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(9);
    expect(checkPendingRequests).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(checkPendingRequests).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits until the broker’s throttling is over', () => {
    const { queue, checkPendingRequests } = queueOf(['request'], 300);
    scheduleCheckPendingRequests.call(queue);
    vi.advanceTimersByTime(299);
    expect(checkPendingRequests).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(checkPendingRequests).toHaveBeenCalledOnce();
  });
});

describe('patchRequestQueue', () => {
  it('corrects the class that kafkajs itself uses', () => {
    patchRequestQueue();
    const load: (id: string) => { prototype: PatchedQueue & { scheduleCheckPendingRequests: unknown } } =
      createRequire(import.meta.url);
    const requestQueue = load('kafkajs/src/network/requestQueue');
    expect(requestQueue.prototype.scheduleCheckPendingRequests).toBe(scheduleCheckPendingRequests);
  });
});
