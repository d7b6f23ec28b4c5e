import { describe, expect, it } from 'vitest';
import { createPollPacing, SHORTEST_PAUSE_MS } from './poll-pacing.ts';

const waitsFor = (required: bigint) => [{ key: 'orders/3' as const, required, applied: 0n }];

describe('the pace of looks', () => {
  it('is the usual one while no events are told', () => {
    const pace = createPollPacing(10);
    pace.notify('orders/3', 7n, 0);
    expect(pace.nextPollInMs(waitsFor(7n), 1)).toBe(10);
  });

  it('is quick right after the event was seen, and slows down to the usual one', () => {
    const pace = createPollPacing(10);
    pace.notificationsArrive(true);
    pace.notify('orders/3', 7n, 1_000);
    expect(pace.nextPollInMs(waitsFor(6n), 1_001)).toBe(SHORTEST_PAUSE_MS);
    expect(pace.nextPollInMs(waitsFor(7n), 1_050)).toBe(5);
    expect(pace.nextPollInMs(waitsFor(7n), 9_000)).toBe(10);
  });

  it('is a share of what others waited of late, so that looks do not take from a loaded store what it needs', () => {
    const pace = createPollPacing(10);
    pace.notificationsArrive(true);
    pace.notify('orders/3', 7n, 1_000);
    for (let times = 0; times < 100; times++) pace.waited(60);
    expect(pace.nextPollInMs(waitsFor(7n), 1_001)).toBeCloseTo(6, 1);
    for (let times = 0; times < 100; times++) pace.waited(500);
    expect(pace.nextPollInMs(waitsFor(7n), 1_001)).toBe(10);
    for (let times = 0; times < 100; times++) pace.waited(2);
    expect(pace.nextPollInMs(waitsFor(7n), 1_001)).toBe(SHORTEST_PAUSE_MS);
  });

  it('is slow while the event has not been seen, though never as if it could not have been missed', () => {
    const pace = createPollPacing(10);
    pace.notificationsArrive(true);
    pace.notify('orders/3', 7n, 1_000);
    pace.notify('orders/4', 9n, 1_000);
    expect(pace.nextPollInMs(waitsFor(8n), 1_001)).toBe(40);
    const both = [...waitsFor(7n), { key: 'catalog/1' as const, required: 1n, applied: 0n }];
    expect(pace.nextPollInMs(both, 1_001)).toBe(40);
  });

  it('keeps the highest position that was seen, whatever is told again', () => {
    const pace = createPollPacing(10);
    pace.notificationsArrive(true);
    pace.notify('orders/3', 7n, 1_000);
    pace.notify('orders/3', 5n, 1_010);
    expect(pace.nextPollInMs(waitsFor(7n), 1_011)).toBe(SHORTEST_PAUSE_MS);
  });
});
