import type { Metrics } from '@meridian/service-host';
import type { ReadModel } from './answering.ts';

/** What query-service counts. */
export interface QueryMetrics {
  /** A question waited for what its token names. */
  waited(model: string, seconds: number): void;
  /** The store did not take a question. */
  storeFailed(): void;
  /** Shows how far each read model is in this region. */
  watchModels(models: Readonly<Record<string, ReadModel>>): void;
}

/** Registers the service's metrics. */
export function queryMetrics(metrics: Metrics): QueryMetrics {
  const waits = metrics.histogram({
    name: 'meridian_query_token_wait_seconds',
    help: 'How long questions waited until this region had applied what their token names.',
    labelNames: ['read_model'],
  });
  const failures = metrics.counter({
    name: 'meridian_query_store_failures_total',
    help: 'Statements that the region’s store did not answer.',
  });
  return {
    waited: (model, seconds) => waits.observe({ read_model: model }, seconds),
    storeFailed: () => failures.inc(),
    watchModels(models) {
      metrics.gauge({
        name: 'meridian_query_applied_position',
        help: 'The highest journal position that a read model has applied in this region.',
        labelNames: ['read_model'],
        async collect(gauge) {
          const looks = Object.entries(models).map(async ([name, { watch }]) => {
            gauge.set({ read_model: name }, Number((await watch.current()).highest));
          });
          // A store that is away is told by the other metrics; its last figures stay.
          await Promise.allSettled(looks);
        },
      });
    },
  };
}
