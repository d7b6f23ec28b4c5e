import { describe, expect, it } from 'vitest';
import { latencyOf } from './visibility.ts';

describe('latencyOf', () => {
  it('takes the nearest rank, whatever the order of the samples', () => {
    const times = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(latencyOf(times)).toEqual({ p50Ms: 50, p99Ms: 99, samples: 100 });
  });

  it('has no figures without samples: 0 ms would be a lie', () => {
    expect(latencyOf([])).toEqual({ p50Ms: null, p99Ms: null, samples: 0 });
  });
});
