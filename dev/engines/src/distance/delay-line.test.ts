import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDelayLine } from './delay-line.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A line that notes what arrives when. */
function lineOf(delayMs: () => number) {
  const line = createDelayLine(delayMs);
  const startedMs = performance.now();
  const arrived: string[] = [];
  const send = (what: string) => {
    line.add(() => arrived.push(`${what} at ${performance.now() - startedMs}`));
  };
  return { line, arrived, send };
}

describe('a delay line', () => {
  it('delivers each after its own delay, and lets none wait for those before', () => {
    const { arrived, send } = lineOf(() => 40);
    send('one');
    vi.advanceTimersByTime(10);
    for (const what of ['two', 'three']) send(what);
    vi.advanceTimersByTime(29);
    expect(arrived).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(arrived).toEqual(['one at 40', 'two at 50', 'three at 50']);
  });

  it('delivers at once without a delay', () => {
    const { arrived, send } = lineOf(() => 0);
    send('one');
    expect(arrived).toEqual(['one at 0']);
  });

  it('keeps the order when the delay becomes shorter', () => {
    let delayMs = 40;
    const { arrived, send } = lineOf(() => delayMs);
    send('one');
    delayMs = 0;
    send('two');
    delayMs = 10;
    send('three');
    vi.advanceTimersByTime(100);
    expect(arrived).toEqual(['one at 40', 'two at 40', 'three at 40']);
  });

  it('delivers nothing of what it has forgotten', () => {
    const { line, arrived, send } = lineOf(() => 40);
    send('one');
    line.clear();
    send('two');
    vi.advanceTimersByTime(100);
    expect(arrived).toEqual(['two at 40']);
  });
});
