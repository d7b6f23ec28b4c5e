import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { QUICK, type Measurement } from './measure/measurement.ts';
import { runBench, type BenchResult } from './run-bench.ts';
import type { OpenSystem } from './system/bench-system.ts';

/** As much of a system as a bench of these lines asks. */
function systemOf(pids: Readonly<Record<string, number>>) {
  const state = { hasStopped: false, cleared: 0 };
  const parts: Pick<OpenSystem, 'enginePids' | 'hasStopped' | 'clear'> = {
    enginePids: () => Promise.resolve(pids),
    hasStopped: () => state.hasStopped,
    clear: async () => void (state.cleared += 1),
  };
  return { state, system: parts as OpenSystem };
}

const say = () => undefined;

/** A line whose preparation does `work`. */
const line = (name: string, work: () => Promise<never>): Measurement => ({
  name,
  what: 'a line of a test',
  unit: '/s',
  goal: 1,
  kind: 'rate',
  prepare: work,
});

it('gives a line up as soon as an engine has ended by itself, and does not begin the next', async () => {
  const engine = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1e6)'], {
    stdio: 'ignore',
  });
  await once(engine, 'spawn');
  const { state, system } = systemOf({ 'cassandra-eu-west-2': engine.pid ?? 0 });
  const begun: string[] = [];
  const waiting = line('test.waits', () => {
    begun.push('test.waits');
    engine.kill('SIGKILL');
    return new Promise<never>(() => undefined);
  });
  const next = line('test.next', () => {
    begun.push('test.next');
    return Promise.reject(new Error('it began'));
  });
  const { notMeasured } = await runBench(system, [waiting, next], QUICK, { say });
  const why = 'cassandra-eu-west-2 ended by itself; its log may say why';
  expect(notMeasured).toEqual([
    { name: 'test.waits', why },
    { name: 'test.next', why },
  ]);
  expect(begun).toEqual(['test.waits']);
  expect(state.cleared).toBe(2);
});

it('goes on when the bench itself has ended its engines, and tells of the results after each line', async () => {
  const engine = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1e6)'], {
    stdio: 'ignore',
  });
  await once(engine, 'spawn');
  const { state, system } = systemOf({ kafka: engine.pid ?? 0 });
  const ends = line('test.ends', async () => {
    state.hasStopped = true;
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    throw new Error('it began');
  });
  const next = line('test.next', () => Promise.reject(new Error('it began')));
  const told: number[] = [];
  const onLine = (soFar: BenchResult) => void told.push(soFar.notMeasured.length);
  const { notMeasured } = await runBench(system, [ends, next], QUICK, { say, onLine });
  expect(told).toEqual([1, 2]);
  expect(notMeasured.map(({ why }) => why)).toEqual(['it began', 'it began']);
});

it('measures and tells nothing more once it is broken off', async () => {
  const { system } = systemOf({});
  const [breaking, told] = [new AbortController(), new Array<BenchResult>()];
  const fails = line('test.fails', () => Promise.reject(new Error('it failed')));
  const ends = line('test.ends', () => {
    breaking.abort();
    return Promise.reject(new Error('its process was ended'));
  });
  const { notMeasured } = await runBench(system, [fails, ends, fails], QUICK, {
    say,
    onLine: (soFar) => told.push(structuredClone(soFar)),
    signal: breaking.signal,
  });
  expect(notMeasured).toEqual([{ name: 'test.fails', why: 'it failed' }]);
  expect(told).toEqual([{ comparisons: [], notMeasured }]);
});
