import { createMetrics } from '@meridian/service-host';

/** The metrics of the services' sources, as names that Prometheus knows them by. */
export interface ProductMetrics {
  has(name: string): boolean;
}

const NAMED = /'(meridian_[a-z0-9_]+)'/g;
const PARTS = ['_bucket', '_sum', '_count'];

/**
 * Reads out of sources which metrics they register: a literal name counts as a histogram where a call of that word comes last
 * before it. To these come the metrics that every process has.
 */
export function productMetrics(sources: readonly string[]): ProductMetrics {
  const plain = new Set<string>();
  const histograms = new Set<string>();
  for (const source of sources)
    for (const { 1: name = '', index } of source.matchAll(NAMED))
      (isHistogram(source.slice(0, index)) ? histograms : plain).add(name);
  for (const { name, type } of defaultMetrics()) (type === 'histogram' ? histograms : plain).add(name);
  return {
    has(name) {
      const part = PARTS.find((ending) => name.endsWith(ending));
      return plain.has(name) || (part !== undefined && histograms.has(name.slice(0, -part.length)));
    },
  };
}

const KINDS = /\b(histogram|counter|gauge|ages)\s*\(/gi;

function isHistogram(before: string): boolean {
  return [...before.matchAll(KINDS)].at(-1)?.[1]?.toLowerCase() === 'histogram';
}

function defaultMetrics(): { readonly name: string; readonly type: string }[] {
  return createMetrics('any')
    .registry.getMetricsAsArray()
    .map(({ name, type }) => ({ name, type: String(type) }));
}
