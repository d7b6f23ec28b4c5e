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
      of('orders', 1).waitsSince('orders/3', new Date());
      vi.advanceTimersByTime(40_000);
      expect(await shown('event_age_seconds')).toEqual([
        'event_age_seconds{read_model="orders",generation="1",partition="orders/3"} 40',
      ]);
      of('orders', 1).waitsSince('orders/3', undefined);
      vi.advanceTimersByTime(40_000);
      expect(await shown('event_age_seconds')).toEqual([
        'event_age_seconds{read_model="orders",generation="1",partition="orders/3"} 0',
      ]);
      of('orders', 1).revoked();
      expect(await shown('event_age_seconds')).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tell its generations apart', async () => {
    const { of, shown } = setUp();
    of('orders', 1).lag('orders/3', 7n);
    of('orders', 2).lag('orders/3', 0n);
    expect(await shown('lag_messages')).toEqual([
      'lag_messages{read_model="orders",generation="1",partition="orders/3"} 7',
      'lag_messages{read_model="orders",generation="2",partition="orders/3"} 0',
    ]);
  });

  it('tell the read models of a process apart', async () => {
    const { of, drop, watchFed, shown } = setUp();
    of('orders', 1).lag('orders/3', 7n);
    of('sales', 1).lag('orders/3', 2n);
    drop('orders', 1);
    expect(await shown('lag_messages')).toEqual([
      'lag_messages{read_model="sales",generation="1",partition="orders/3"} 2',
    ]);
    for (const name of ['orders', 'sales'])
      watchFed(name, () => [{ generation: 1, isLive: true, isFed: name === 'sales' }]);
    expect(await shown('fed')).toEqual([
      'fed{read_model="orders",generation="1",live="1"} 0',
      'fed{read_model="sales",generation="1",live="1"} 1',
    ]);
  });

  it('say nothing of partitions that went to another process', async () => {
    const { of, shown } = setUp();
    for (const generation of [1, 2]) {
      of('orders', generation).lag('orders/3', 7n);
      of('orders', generation).halted('orders/3', 'lost');
    }
    of('orders', 1).revoked();
    expect(await shown('lag_messages')).toEqual([
      'lag_messages{read_model="orders",generation="2",partition="orders/3"} 7',
    ]);
    expect(await shown('stands_still')).toEqual([
      'stands_still{read_model="orders",generation="2",partition="orders/3",reason="full"} 0',
      'stands_still{read_model="orders",generation="2",partition="orders/3",reason="lost"} 1',
      'stands_still{read_model="orders",generation="2",partition="orders/3",reason="foreign"} 0',
    ]);
  });

  it('say nothing of a generation that was dropped', async () => {
    const { of, drop, shown } = setUp();
    of('orders', 1).applied('orders/3', 5, new Date(), 0.1);
    of('orders', 1).failed('store');
    of('orders', 1).regionBehind('us-east', 2, 1);
    drop('orders', 1);
    for (const name of ['events_total', 'batch_seconds_count', 'failures_total', 'region_behind_partitions'])
      expect(await shown(name)).toEqual([]);
  });
});
