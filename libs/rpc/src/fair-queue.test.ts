import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FairQueue } from './fair-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection that a test opens and shuts by hand, and what its queue has sent. */
function connection() {
  const state = { takes: true };
  const sent: string[] = [];
  const queue = new FairQueue(() => state.takes);
  const send = (text: string) => () => void sent.push(text);
  return { state, sent, queue, send };
}

describe('the queue of a connection', () => {
  it('lets messages go at once while the connection takes them', () => {
    const { queue, state } = connection();
    expect(queue.isFree()).toBe(true);
    state.takes = false;
    expect(queue.isFree()).toBe(false);
  });

  it('sends what it held back in the order of arrival, once the connection takes more', () => {
    const { queue, state, sent, send } = connection();
    state.takes = false;
    for (const text of ['first', 'second', 'third']) queue.hold(send(text));
    queue.gone();
    expect(sent).toEqual([]);
    state.takes = true;
    queue.gone();
    expect(sent).toEqual(['first', 'second', 'third']);
  });

  it('lets nobody pass by what it holds back', () => {
    const { queue, state, send } = connection();
    state.takes = false;
    queue.hold(send('first'));
    state.takes = true;
    expect(queue.isFree()).toBe(false);
    queue.gone();
    expect(queue.isFree()).toBe(true);
  });

  it('finds out by itself that the connection takes messages again, when no message is under way', () => {
    const { queue, state, sent, send } = connection();
    state.takes = false;
    queue.hold(send('first'));
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
    state.takes = true;
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual(['first']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets the message of a stream that has closed, and leaves no timer behind', () => {
    const { queue, state, sent, send } = connection();
    state.takes = false;
    const first = send('first');
    queue.hold(first);
    queue.forget(first);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    state.takes = true;
    queue.gone();
    expect(sent).toEqual([]);
  });
});
