import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from './measure/compare.ts';
import { QUICK, type Measurement, type Scale } from './measure/measurement.ts';
import { tableOf, toJson } from './measure/report.ts';
import { MEASUREMENTS } from './measurements/index.ts';
import { runBench, type BenchResult } from './run-bench.ts';
import type { OpenSystem } from './system/bench-system.ts';
import { startChild } from './system/child.ts';
import { startBenchSystem } from './system/start-bench-system.ts';

/** A rate that needs no store, and a latency whose load follows from what the machine carries. */
const CHOSEN: Readonly<
  Record<string, { readonly ours: readonly string[]; readonly raw: readonly string[] }>
> = {
  'query.echo': { ours: ['server', 'load'], raw: ['server', 'load'] },
  'relay.latency_p99': { ours: ['commit and relay'], raw: ['commit and relay'] },
};

/** Runs of this size are enough to show that the lines work. */
const SHORT: Scale = { ...QUICK, seconds: 0.5 };

/** A measurement that fails when half of it has been started. */
const broken: Measurement = {
  name: 'test.broken',
  what: 'a line that cannot be measured',
  unit: '/s',
  goal: 1,
  kind: 'rate',
  async prepare() {
    const child = await startChild('load-calls.ts', {});
    left.pid = child.pid;
    throw new Error('it cannot be prepared');
  },
};
const left = { pid: 0 };

let system: OpenSystem;
let result: BenchResult;
const said: string[] = [];

beforeAll(async () => {
  system = await startBenchSystem();
  const lines = MEASUREMENTS.filter(({ name }) => name in CHOSEN);
  result = await runBench(system, [broken, ...lines], SHORT, { say: (line) => said.push(line) });
});
afterAll(() => system.stop());

function comparisonOf(name: string): Comparison {
  const found = result.comparisons.find((comparison) => comparison.name === name);
  if (!found) throw new Error(`${name} was not measured:\n${said.join('\n')}`);
  return found;
}

function expectMeasured(value: number): void {
  expect(Number.isFinite(value)).toBe(true);
  expect(value).toBeGreaterThan(0);
}

describe('a short run of the bench', () => {
  it.each(Object.keys(CHOSEN))('measures both sides of %s, and the CPU of every process', (name) => {
    const { ours, raw, value, range, cpuMicros } = comparisonOf(name);
    for (const figure of [ours, raw, value, ...range]) expectMeasured(figure);
    expect(value).toBeCloseTo(ours / raw, 6);
    for (const side of ['ours', 'raw'] as const) {
      for (const process of CHOSEN[name]?.[side] ?? [])
        expectMeasured(cpuMicros[side][process] ?? Number.NaN);
      for (const micros of Object.values(cpuMicros[side])) expect(micros).toBeGreaterThanOrEqual(0);
    }
  });

  it('tells of a line that could not be measured, ends what it began, and goes on', () => {
    expect(result.notMeasured).toEqual([{ name: 'test.broken', why: 'it cannot be prepared' }]);
    expect(result.comparisons).toHaveLength(Object.keys(CHOSEN).length);
    expect(() => process.kill(left.pid, 0)).toThrow('ESRCH');
    expect(tableOf(result.comparisons, result.notMeasured)).toContain(
      'test.broken  not measured: it cannot be prepared',
    );
  });

  it('loads both sides with no more than half of what the machine carries', () => {
    const { load } = comparisonOf('relay.latency_p99');
    expect(load).toMatchObject({ unit: 'orders/s' });
    expectMeasured(load?.perSecond ?? Number.NaN);
    expect(load?.perSecond).toBeLessThanOrEqual((load?.carried ?? 0) / 2);
    expect(comparisonOf('query.echo').load).toBeUndefined();
  });

  it('writes the ratios for programs', () => {
    const report = JSON.parse(toJson(result.comparisons, result.notMeasured));
    expect(report).toMatchObject({
      machine: expect.stringContaining('Node'),
      notMeasured: result.notMeasured,
    });
    expect(Object.keys(report.ratios).sort()).toEqual(Object.keys(CHOSEN).sort());
    for (const ratio of Object.values<Record<string, unknown>>(report.ratios))
      expect(ratio).toMatchObject({
        value: expect.any(Number),
        goal: expect.any(Number),
        ours: expect.any(Number),
        raw: expect.any(Number),
        unit: expect.any(String),
        range: [expect.any(Number), expect.any(Number)],
      });
  });
});
