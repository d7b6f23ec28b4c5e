import type { Query } from './panel.ts';

/** What Grafana puts in for it covers at least four scrapes, whatever time the reader looks at. */
export const WINDOW = '$__rate_interval';

/** How often something happens per second, summed by labels. */
export function rate(counter: string, by: string, selector = ''): string {
  return `sum by (${by}) (rate(${counter}${braced(selector)}[${WINDOW}]))`;
}

/** The median and the 99th percentile of a histogram, by labels. */
export function quantiles(histogram: string, by: string, selector = ''): readonly Query[] {
  const labels = by.split(', ').map((label) => `{{${label}}}`);
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${rate(`${histogram}_bucket`, `le, ${by}`, selector)})`,
    legend: [`p${quantile * 100}`, ...labels].join(' '),
  }));
}

function braced(selector: string): string {
  return selector === '' ? '' : `{${selector}}`;
}
