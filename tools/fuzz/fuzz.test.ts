import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAllTargets, type AllTargets } from './all-targets.ts';
import { METHODS } from './requests.ts';
import { runTargets } from './run-targets.ts';
import { FindingError, target } from './target.ts';

describe('a short run from a fixed seed', () => {
  let all: AllTargets;
  beforeAll(async () => {
    all = await startAllTargets();
  });
  afterAll(() => all.stop());

  it('finds no input that a service, a decoder or the CLI cannot take', async () => {
    const { counts, failures } = await runTargets(all.targets, { seed: 17, turns: 1, share: 0.3 });
    expect(failures).toEqual([]);
    expect([...counts.values()].every((count) => count > 0)).toBe(true);
  });

  it('has a target for every method of the contract', () => {
    const methods = [...METHODS.commands, ...METHODS.questions].map(({ path }) => path);
    const names = all.targets.map(({ name }) => `/meridian.${name}`);
    expect(names).toEqual(expect.arrayContaining(methods));
    expect(methods.length).toBeGreaterThan(25);
  });
});

describe('a run', () => {
  const words = (tries: (text: string) => void | Promise<void>) =>
    target<string>({ name: 'words', inputs: fc.string(), inputsPerTurn: 200, try: tries });

  it('names the seed and the smallest input of a failure, which fails again', async () => {
    const failing = words((text) => {
      if (text.includes('a')) throw new FindingError('an a');
    });
    const { failures } = await runTargets([failing], { seed: 3, turns: 20 });
    expect(failures).toMatchObject([{ target: 'words', input: '"a"' }]);
    const [failure] = failures;
    const again = await runTargets([failing], { seed: failure?.seed ?? 0, turns: 1 });
    expect(again.failures).toMatchObject([{ input: '"a"' }]);
  });

  it('finds a rejection that nobody handles', async () => {
    const forgetful = words((text) => {
      if (text.length > 2) void Promise.reject(new Error('forgotten'));
    });
    const { failures } = await runTargets([forgetful], { seed: 3, turns: 1 });
    expect(failures).toMatchObject([{ why: expect.stringContaining('nobody caught') }]);
  });
});
