import { describe, expect, it } from 'vitest';
import { latencyOf, probeVisibility } from './visibility.ts';

describe('latencyOf', () => {
  it('takes the nearest rank, whatever the order of the samples', () => {
    const times = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(latencyOf(times)).toEqual({ p50Ms: 50, p99Ms: 99, samples: 100, failed: 0 });
  });

  it('has no figures without samples: 0 ms would be a lie', () => {
    expect(latencyOf([])).toEqual({ p50Ms: null, p99Ms: null, samples: 0, failed: 0 });
  });

  it('counts what failed apart, with the first failure', () => {
    expect(latencyOf([3], ['away', 'gone'])).toMatchObject({
      p99Ms: 3,
      samples: 1,
      failed: 2,
      failure: 'away',
    });
  });
});

describe('probeVisibility', () => {
  const token = { entries: [] };

  it('counts an order that a region does not answer for, long before anybody asks for results', async () => {
    const closed: string[] = [];
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    const probe = probeVisibility({
      west: { ask: async () => undefined, close: () => void closed.push('west') },
      east: {
        ask: async () => Promise.reject(new Error('the region is away')),
        close: () => void closed.push('east'),
      },
    });
    probe.placed('536365', token);
    await new Promise(setImmediate);
    const { west, east } = await probe.results();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    expect(west).toMatchObject({ samples: 1, failed: 0 });
    expect(east).toMatchObject({ samples: 0, failed: 1, failure: 'the region is away' });
    probe.close();
    expect(closed).toEqual(['west', 'east']);
  });

  it('samples so many orders and no more', async () => {
    let asked = 0;
    const probe = probeVisibility({ west: { ask: async () => void asked++, close: () => undefined } }, 3);
    for (let order = 0; order < 10; order++) probe.placed(String(order), token);
    expect((await probe.results())['west']).toMatchObject({ samples: 3 });
    expect(asked).toBe(3);
  });
});
