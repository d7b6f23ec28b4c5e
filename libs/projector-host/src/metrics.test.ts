import { createMetrics } from '@meridian/service-host';
import { describe, expect, it, vi } from 'vitest';
import { projectorMetrics } from './metrics.ts';

const setUp = () => {
  const metrics = createMetrics('projector-test');
  const shown = async (name: string) => {
    const lines = (await metrics.registry.metrics()).split('\n');
    return lines
      .filter((line) => line.startsWith(`meridian_projection_${name}{`))
      .map((line) => line.slice('meridian_projection_'.length).replace(',service="projector-test"', ''))
      .map((line) => line.replace('service="projector-test",', ''));
  };
  return { ...projectorMetrics(metrics), shown };
};

describe('the metrics of a projector', () => {
  it('tell of the live generation whether it is fed here, also when it is not', async () => {
    const { watchFed, shown } = setUp();
    let generations = [{ generation: 1, isLive: true, isFed: false }];
    watchFed('orders', () => generations);
    expect(await shown('fed')).toEqual(['fed{read_model="orders",generation="1",live="1"} 0']);
    generations = [
      { generation: 2, isLive: true, isFed: true },
      { generation: 1, isLive: false, isFed: false },
    ];
    expect(await shown('fed')).toEqual([
      'fed{read_model="orders",generation="2",live="1"} 1',
      'fed{read_model="orders",generation="1",live="0"} 0',
    ]);
  });

  it('tell the age of what waits as it is at a scrape, and none when nothing does', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { of, shown } = setUp();
      of(1).waitsSince('orders/3', new Date());
      vi.advanceTimersByTime(40_000);
      expect(await shown('event_age_seconds')).toEqual([
        'event_age_seconds{generation="1",partition="orders/3"} 40',
      ]);
      of(1).waitsSince('orders/3', undefined);
      vi.advanceTimersByTime(40_000);
      expect(await shown('event_age_seconds')).toEqual([
        'event_age_seconds{generation="1",partition="orders/3"} 0',
      ]);
      of(1).revoked();
      expect(await shown('event_age_seconds')).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tell its generations apart', async () => {
    const { of, shown } = setUp();
    of(1).lag('orders/3', 7n);
    of(2).lag('orders/3', 0n);
    expect(await shown('lag_messages')).toEqual([
      'lag_messages{generation="1",partition="orders/3"} 7',
      'lag_messages{generation="2",partition="orders/3"} 0',
    ]);
  });

  it('say nothing of partitions that went to another process', async () => {
    const { of, shown } = setUp();
    for (const generation of [1, 2]) {
      of(generation).lag('orders/3', 7n);
      of(generation).halted('orders/3', 'lost');
    }
    of(1).revoked();
    expect(await shown('lag_messages')).toEqual(['lag_messages{generation="2",partition="orders/3"} 7']);
    expect(await shown('stands_still')).toEqual([
      'stands_still{generation="2",partition="orders/3",reason="full"} 0',
      'stands_still{generation="2",partition="orders/3",reason="lost"} 1',
      'stands_still{generation="2",partition="orders/3",reason="foreign"} 0',
    ]);
  });

  it('say nothing of a generation that was dropped', async () => {
    const { of, drop, shown } = setUp();
    of(1).applied('orders/3', 5, new Date(), 0.1);
    of(1).failed('store');
    of(1).regionBehind('us-east', 2, 1);
    drop(1);
    for (const name of ['events_total', 'batch_seconds_count', 'failures_total', 'region_behind_partitions'])
      expect(await shown(name)).toEqual([]);
  });
});
