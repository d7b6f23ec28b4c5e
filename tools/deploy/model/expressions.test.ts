import { describe, expect, it } from 'vitest';
import { metricsIn } from './expressions.ts';

describe('the metrics of an expression', () => {
  it.each<[string, readonly string[]]>([
    ['up', ['up']],
    ['sum by (service, generation) (meridian_lag{kind="store", a!~".*"})', ['meridian_lag']],
    ['rate(a_total[5m]) / ignoring (x) b:c:d offset 5m', ['a_total', 'b:c:d']],
    ['absent(a) and on () count(b) > bool 0', ['a', 'b']],
    ['histogram_quantile(0.99, sum(rate(a_bucket{le="1e3"}[$__rate_interval])) by (le)) > 1e3', ['a_bucket']],
    ['1 + 2', []],
  ])('of %s', (expression, metrics) => {
    expect(metricsIn(expression)).toEqual(metrics);
  });
});
