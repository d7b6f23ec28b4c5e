import type { Metrics } from '@meridian/service-host';
import type { ReadModel } from './read-model.ts';

/** What query-service counts. */
export interface QueryMetrics {
  /** A question waited for what its token names. */
  waited(model: string, seconds: number): void;
  /** A region's store did not take a statement. */
  storeFailed(region: string): void;
  /** A region's store is asked, or given up for now. */
  storeServing(region: string, serving: boolean): void;
  /** Shows how many orders are watched. */
  watchWatches(watches: { size(): { readonly aggregates: number; readonly watchers: number } }): void;
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
    help: 'Statements that a region’s store did not answer.',
    labelNames: ['store_region'],
  });
  const serving = metrics.gauge({
    name: 'meridian_query_store_serving',
    help: '1 while a region’s store is asked, 0 while it is away and others answer in its place.',
    labelNames: ['store_region'],
  });
  return {
    waited: (model, seconds) => waits.observe({ read_model: model }, seconds),
    storeFailed: (region) => failures.inc({ store_region: region }),
    storeServing: (region, isServing) => serving.set({ store_region: region }, isServing ? 1 : 0),
    watchWatches(watches) {
      metrics.gauge({
        name: 'meridian_query_watches',
        help: 'Watches that are open, and the aggregates that they watch.',
        labelNames: ['of'],
        collect(gauge) {
          const { aggregates, watchers } = watches.size();
          gauge.set({ of: 'watchers' }, watchers);
          gauge.set({ of: 'aggregates' }, aggregates);
        },
      });
    },
    watchModels(models) {
      metrics.gauge({
        name: 'meridian_query_applied_position',
        help: 'The highest journal position that a read model has applied in this region.',
        labelNames: ['read_model', 'store_region'],
        async collect(gauge) {
          const looks = Object.entries(models).map(async ([name, model]) => {
            const own = model.copies(model.live()).find(({ isFallback }) => !isFallback);
            if (!own) return;
            const { highest } = await own.watch.current();
            gauge.set({ read_model: name, store_region: model.region }, Number(highest));
          });
          // A store that is away is told by the other metrics; its last figures stay.
          await Promise.allSettled(looks);
        },
      });
    },
  };
}
