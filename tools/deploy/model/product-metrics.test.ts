import { describe, expect, it } from 'vitest';
import { productMetrics } from './product-metrics.ts';

describe('the metrics of the product', () => {
  const metrics = productMetrics([
    `metrics.gauge({ name: 'meridian_depth', help: '' });`,
    `const waits = metrics.histogram({ name: 'meridian_wait_seconds', help: '' });`,
    `durations: histogram('meridian_batch_seconds', 'how long'), lag: gauge('meridian_lag', 'how far')`,
  ]);

  it('are what its sources register, by any helper', () => {
    for (const name of ['meridian_depth', 'meridian_lag']) expect(metrics.has(name)).toBe(true);
    expect(metrics.has('meridian_depths')).toBe(false);
  });

  it('are the parts of a histogram, and not of anything else', () => {
    for (const name of ['meridian_wait_seconds_bucket', 'meridian_batch_seconds_count'])
      expect(metrics.has(name)).toBe(true);
    for (const name of ['meridian_wait_seconds', 'meridian_depth_bucket', 'meridian_lag_sum'])
      expect(metrics.has(name)).toBe(false);
  });

  it('are those of every process as well', () => {
    expect(metrics.has('process_resident_memory_bytes')).toBe(true);
    expect(metrics.has('meridian_rpc_duration_seconds_bucket')).toBe(true);
  });
});
