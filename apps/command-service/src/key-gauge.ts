import type { KeysInLine } from '@meridian/sealing';
import type { Metrics } from '@meridian/service-host';
import { answered } from './database-gauges.ts';

/** A scrape waits this long for the database. */
const ANSWER_WITHIN_MS = 2_000;

/** Registers how many keys each region lacks, read at each scrape. */
export function keyGauge(metrics: Metrics, inLine: () => Promise<KeysInLine>): void {
  const read = answered(inLine, ANSWER_WITHIN_MS);
  metrics.gauge({
    name: 'meridian_keys_to_copy',
    help: 'Changes of customers’ keys that a region does not have yet, 10,000 at most. Absent while the database does not answer.',
    labelNames: ['region'],
    async collect(gauge) {
      const lines = await read();
      gauge.reset();
      for (const [region, keys] of lines ?? []) gauge.set({ region }, keys);
    },
  });
}
