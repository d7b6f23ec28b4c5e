import { describe, expect, it } from 'vitest';
import { createLookPace, SHORTEST_PAUSE_MS } from './look-pace.ts';

const waitsFor = (required: bigint) => [{ key: 'orders/3' as const, required, applied: 0n }];

describe('the pace of looks', () => {
  it('is the usual one while no events are told', () => {
    const pace = createLookPace(10);
    pace.hint('orders/3', 7n, 0);
    expect(pace.nextLookInMs(waitsFor(7n), 1)).toBe(10);
  });

  it('is quick right after the event was seen, and slows down to the usual one', () => {
    const pace = createLookPace(10);
    pace.hinted(true);
    pace.hint('orders/3', 7n, 1_000);
    expect(pace.nextLookInMs(waitsFor(6n), 1_001)).toBe(SHORTEST_PAUSE_MS);
    expect(pace.nextLookInMs(waitsFor(7n), 1_050)).toBe(5);
    expect(pace.nextLookInMs(waitsFor(7n), 9_000)).toBe(10);
  });

  it('is a share of what others waited of late, so that looks do not take from a loaded store what it needs', () => {
    const pace = createLookPace(10);
    pace.hinted(true);
    pace.hint('orders/3', 7n, 1_000);
    for (let times = 0; times < 100; times++) pace.waited(60);
    expect(pace.nextLookInMs(waitsFor(7n), 1_001)).toBeCloseTo(6, 1);
    for (let times = 0; times < 100; times++) pace.waited(500);
    expect(pace.nextLookInMs(waitsFor(7n), 1_001)).toBe(10);
    for (let times = 0; times < 100; times++) pace.waited(2);
    expect(pace.nextLookInMs(waitsFor(7n), 1_001)).toBe(SHORTEST_PAUSE_MS);
  });

  it('is slow while the event has not been seen, though never as if it could not have been missed', () => {
    const pace = createLookPace(10);
    pace.hinted(true);
    pace.hint('orders/3', 7n, 1_000);
    pace.hint('orders/4', 9n, 1_000);
    expect(pace.nextLookInMs(waitsFor(8n), 1_001)).toBe(40);
    const both = [...waitsFor(7n), { key: 'catalog/1' as const, required: 1n, applied: 0n }];
    expect(pace.nextLookInMs(both, 1_001)).toBe(40);
  });

  it('keeps the highest position that was seen, whatever is told again', () => {
    const pace = createLookPace(10);
    pace.hinted(true);
    pace.hint('orders/3', 7n, 1_000);
    pace.hint('orders/3', 5n, 1_010);
    expect(pace.nextLookInMs(waitsFor(7n), 1_011)).toBe(SHORTEST_PAUSE_MS);
  });
});
