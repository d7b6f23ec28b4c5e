import { describe, expect, it } from 'vitest';
import { compare, reaches } from './compare.ts';
import type { Load } from './load.ts';
import { QUICK, type Measurement, type Sample } from './measurement.ts';
import { tableOf, toJson } from './report.ts';

const measurement: Measurement = {
  name: 'test.rate',
  what: 'a test',
  unit: '/s',
  goal: 2,
  kind: 'rate',
  prepare: () => Promise.reject(new Error('not needed')),
};

const sample = (value: number): Sample => ({ value, operations: 10, cpuSeconds: { ours: 0.001 } });

async function compared(ours: number[], raw: number[], more: Partial<Measurement> = {}, load?: Load) {
  const order: string[] = [];
  const next = (values: number[]) => {
    const value = values.shift();
    if (value === undefined) throw new Error('no more values');
    return Promise.resolve(sample(value));
  };
  const repeats = ours.length;
  const sides = { ours: () => next(ours), raw: () => next(raw), close: () => Promise.resolve() };
  const loaded = { ...sides, ...(load ? { load } : {}) };
  const result = await compare({ ...measurement, ...more }, loaded, { ...QUICK, repeats }, (side) =>
    order.push(side),
  );
  return { result, order };
}

describe('compare', () => {
  it('divides medians, and has the range of the pairs', async () => {
    const { result } = await compared([30, 10, 20], [10, 10, 10]);
    expect(result).toMatchObject({ value: 2, ours: 20, raw: 10, range: [1, 3] });
    expect(result.cpuMicros.ours).toEqual({ ours: 100 });
  });

  it('takes turns as A B B A', async () => {
    const { order } = await compared([1, 1, 1], [1, 1, 1]);
    expect(order).toEqual(['ours', 'raw', 'raw', 'ours', 'ours', 'raw']);
  });

  it('takes a percentile over all runs where one is asked for', async () => {
    const times = Array.from({ length: 100 }, (_, index) => index + 1);
    const sides = {
      ours: () => Promise.resolve({ ...sample(0), times }),
      raw: () => Promise.resolve({ ...sample(0), times: times.map((time) => time / 2) }),
      close: () => Promise.resolve(),
    };
    const result = await compare({ ...measurement, percentile: 0.99 }, sides, QUICK, () => undefined);
    expect(result).toMatchObject({ ours: 99, raw: 49.5, value: 2 });
  });
});

describe('reaches', () => {
  it('wants rates to be at least, and times to be at most their goal', () => {
    expect(reaches({ kind: 'rate', value: 2, goal: 2 })).toBe(true);
    expect(reaches({ kind: 'rate', value: 1.9, goal: 2 })).toBe(false);
    expect(reaches({ kind: 'time', value: 2.1, goal: 2 })).toBe(false);
  });
});

describe('the report', () => {
  it('says what was reached and what was not, and what was not measured', async () => {
    const { result } = await compared([10], [10]);
    const notMeasured = [{ name: 'other', why: 'broken' }];
    expect(tableOf([result], notMeasured)).toMatch(
      /test\.rate +1\.00 .* NO .*as much as they can\nother +not measured: broken/,
    );
    expect(JSON.parse(toJson([result], notMeasured))).toMatchObject({
      ratios: { 'test.rate': { value: 1, goal: 2 } },
      notMeasured,
    });
  });

  it('says which load both sides had', async () => {
    const { result } = await compared([10], [10], {}, { perSecond: 166, unit: 'orders/s', carried: 333.34 });
    expect(tableOf([result], [])).toContain('166 orders/s of 333 carried');
    expect(JSON.parse(toJson([result], []))).toMatchObject({
      ratios: { 'test.rate': { load: { perSecond: 166, unit: 'orders/s', carried: 333.3 } } },
    });
  });
});
