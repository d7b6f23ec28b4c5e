import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

async function inFlight(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const metric = await metrics.registry.getSingleMetric('meridian_rpc_in_flight')?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['method'], value]));
}

describe('the calls under way', () => {
  it('are counted by method, from their beginning to their end', async () => {
    const metrics = createMetrics('test');
    for (const path of ['/a.B/C', '/a.B/C', '/a.B/D']) metrics.callBegun(path);
    expect(await inFlight(metrics)).toEqual({ 'a.B/C': 2, 'a.B/D': 1 });
    metrics.observeCall('/a.B/C', 'OK', 1);
    expect(await inFlight(metrics)).toEqual({ 'a.B/C': 1, 'a.B/D': 1 });
  });

  it('are never fewer than none', async () => {
    const metrics = createMetrics('test');
    metrics.observeCall('/a.B/C', 'OK', 1);
    expect(await inFlight(metrics)).toEqual({ 'a.B/C': 0 });
    metrics.callBegun('/a.B/C');
    expect(await inFlight(metrics)).toEqual({ 'a.B/C': 1 });
  });
});
