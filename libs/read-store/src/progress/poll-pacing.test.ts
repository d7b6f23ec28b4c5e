import type { PartitionKey } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { createPollPacing, SHORTEST_PAUSE_MS } from './poll-pacing.ts';

const waitsFor = (required: bigint) => new Map<PartitionKey, bigint>([['orders/3', required]]);

/** A pacing while notifications arrive. */
function notified() {
  const pace = createPollPacing(10);
  pace.notificationsArrive(true);
  return pace;
}

describe('the pace of polls', () => {
  it('is the usual one while no events are told', () => {
    const pace = createPollPacing(10);
    pace.notify('orders/3', 7n, 0);
    pace.begin(waitsFor(7n));
    expect(pace.nextPollInMs(1)).toBe(10);
  });

  it('is quick right after the event was seen, and slows down to the usual one', () => {
    const pace = notified();
    pace.notify('orders/3', 7n, 1_000);
    pace.begin(waitsFor(7n));
    expect(pace.nextPollInMs(1_001)).toBe(SHORTEST_PAUSE_MS);
    expect(pace.nextPollInMs(1_050)).toBe(5);
    expect(pace.nextPollInMs(9_000)).toBe(10);
  });

  it('is a share of what others waited of late, so that polls leave a loaded store what it needs', () => {
    const pace = notified();
    pace.notify('orders/3', 7n, 1_000);
    pace.begin(waitsFor(7n));
    for (let times = 0; times < 100; times++) pace.waited(60);
    expect(pace.nextPollInMs(1_001)).toBeCloseTo(6, 1);
    for (let times = 0; times < 100; times++) pace.waited(500);
    expect(pace.nextPollInMs(1_001)).toBe(10);
    for (let times = 0; times < 100; times++) pace.waited(2);
    expect(pace.nextPollInMs(1_001)).toBe(SHORTEST_PAUSE_MS);
  });

  it('is slow while the event has not been seen, though never as if it could not have been missed', () => {
    const pace = notified();
    pace.notify('orders/3', 7n, 1_000);
    pace.notify('orders/4', 9n, 1_000);
    const end = pace.begin(waitsFor(8n));
    expect(pace.nextPollInMs(1_001)).toBe(40);
    end();
    pace.begin(new Map([...waitsFor(7n), ['catalog/1', 1n] as const]));
    expect(pace.nextPollInMs(1_001)).toBe(40);
  });

  it('turns quick once all that somebody waits for was seen, until that one is gone', () => {
    const pace = notified();
    pace.begin(waitsFor(100n));
    const end = pace.begin(new Map([...waitsFor(7n), ['catalog/1', 1n] as const]));
    expect(pace.notify('orders/3', 8n, 1_000)).toBe(false);
    expect(pace.nextPollInMs(1_001)).toBe(40);
    expect(pace.notify('catalog/1', 1n, 1_010)).toBe(true);
    expect(pace.nextPollInMs(1_011)).toBe(SHORTEST_PAUSE_MS);
    end();
    expect(pace.nextPollInMs(1_012)).toBe(40);
  });

  it('keeps the highest position that was seen, whatever is told again', () => {
    const pace = notified();
    pace.notify('orders/3', 7n, 1_000);
    pace.notify('orders/3', 5n, 1_010);
    pace.begin(waitsFor(7n));
    expect(pace.nextPollInMs(1_011)).toBe(SHORTEST_PAUSE_MS);
  });

  it('is the usual one while waiters look for rows themselves, and tells them once that all was seen', () => {
    const pace = notified();
    const seen: number[] = [];
    const end = pace.begin(waitsFor(7n), (sinceMs) => seen.push(sinceMs));
    expect(pace.nextPollInMs(999)).toBe(40);
    pace.notify('orders/3', 6n, 1_000);
    expect(seen).toEqual([]);
    pace.notify('orders/3', 7n, 1_010);
    pace.notify('orders/3', 8n, 1_020);
    expect(seen).toEqual([1_010]);
    expect(pace.nextPollInMs(1_021)).toBe(10);
    const endClose = pace.begin(waitsFor(8n));
    expect(pace.nextPollInMs(1_022)).toBe(SHORTEST_PAUSE_MS);
    endClose();
    expect(pace.nextPollInMs(1_023)).toBe(10);
    end();
    expect(pace.nextPollInMs(1_024)).toBe(40);
  });

  it('tells at once who comes after all was seen', () => {
    const pace = notified();
    pace.notify('orders/3', 7n, 1_000);
    pace.notify('catalog/1', 2n, 1_003);
    const seen: number[] = [];
    pace.begin(new Map([...waitsFor(7n), ['catalog/1', 1n] as const]), (sinceMs) => seen.push(sinceMs));
    expect(seen).toEqual([1_003]);
  });
});
