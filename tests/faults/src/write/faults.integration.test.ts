import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFECTS } from '../defects/defects.ts';
import { startFaultyEngines, type FaultyEngines } from '../system/engines.ts';
import { runDefect } from './run-defect.ts';
import { runWrite } from './run-write.ts';

/** Those that show soonest; `npm run faults -- defects` plants all of them. */
const QUICK_DEFECTS = ['position-before-lock', 'replays-not-marked', 'no-fingerprint'];
const silent = () => undefined;

describe('the write side under faults', () => {
  let engines: FaultyEngines;
  beforeAll(async () => {
    engines = await startFaultyEngines('npm-test');
  }, 180_000);
  afterAll(() => engines?.stop(), 60_000);

  it('loses, doubles, oversells and answers wrongly nothing', async () => {
    const seed = 1;
    const { faults, counts, violations } = await runWrite(engines, { seed, seconds: 12, say: silent });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(faults.length).toBeGreaterThan(2);
    expect(counts['accepted']).toBeGreaterThan(100);
  }, 180_000);

  it.each(DEFECTS.filter(({ name }) => QUICK_DEFECTS.includes(name)))(
    'is checked by a checker that catches a planted defect: $name',
    async (defect) => {
      const { caught, rules } = await runDefect(engines, defect, { seed: 1, seconds: 6, say: silent });
      expect(caught, `rules broken: ${rules.join(', ')}`).toBe(true);
    },
    180_000,
  );
});
