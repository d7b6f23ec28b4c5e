import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefectResult } from './defects/defect-result.ts';
import { DEFECTS } from './defects/defects.ts';
import { FOLD_DEFECTS } from './defects/fold-defects.ts';
import { READ_DEFECTS } from './defects/read-defects.ts';
import { runTestedDefect } from './defects/run-tested-defect.ts';
import { untilCaught } from './defects/until-caught.ts';
import { runReadDefect } from './read/run-read-defect.ts';
import { runRead } from './read/run-read.ts';
import { useNamedEngines, type FaultyEngines } from './system/engines.ts';
import { runDefect } from './write/run-defect.ts';
import { runWrite } from './write/run-write.ts';

// What shows that the runs, their faults, overlapping ones too, and their checkers work. `npm run faults` has engines of its own,
// which it harms as well, and all faults; `npm run faults -- defects` plants every defect.

/** Those that show soonest. */
const QUICK_WRITE_DEFECT = 'retry-of-half-a-group';
const QUICK_READ_DEFECT = 'late-deletes';
const silent = () => undefined;
const seed = 1;
/** With this one the schedule hits a projector that writes much. */
const readSeed = 4;

let engines: FaultyEngines;
beforeAll(() => {
  engines = useNamedEngines();
});
afterAll(() => engines?.stop());

/** Runs are short, and on a busy machine the faults of one may hit nothing that shows the mistake: then others follow. */
async function isCaught(run: (trySeed: number) => Promise<DefectResult>): Promise<void> {
  const results = await untilCaught([seed, seed + 1, seed + 2], run);
  const broken = results.flatMap(({ rules }) => rules);
  expect(results.at(-1)?.caught, `caught by none; rules broken: ${broken.join(', ')}`).toBe(true);
}

describe('the write side under faults', () => {
  it('loses, doubles, oversells and answers wrongly nothing', async () => {
    const only = [['pause-replica', 'kill-replica', 'cut-commit-before']] as const;
    const { faults, counts, violations } = await runWrite(engines, { seed, seconds: 5, only, say: silent });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(faults.map(({ kind }) => kind)).toEqual(only.flat());
    expect(counts).toMatchObject({ 'commits cut': 1 });
    expect(counts['accepted']).toBeGreaterThan(20);
  });

  it.each(DEFECTS.filter(({ name }) => name === QUICK_WRITE_DEFECT))(
    'is checked by a checker that catches a planted defect: $name',
    async (defect) => {
      const short = { seconds: 4, replicas: 1, say: silent };
      await isCaught((trySeed) => runDefect(engines, defect, { ...short, seed: trySeed }));
    },
  );
});

describe('the read side under faults', () => {
  it('holds in every region what the journal says, and answers nothing else', async () => {
    const { faults, counts, violations } = await runRead(engines, {
      seed: readSeed,
      say: silent,
      replicas: 1,
      tailMs: 500,
      kinds: ['join-and-leave', 'kill-while-writing', 'duplicate-batches'],
    });
    expect(violations, `seed ${readSeed}`).toEqual([]);
    expect(faults.some((wave) => wave.length > 1)).toBe(true);
    expect(counts['answers checked']).toBeGreaterThan(10);
    expect(counts['rows compared']).toBeGreaterThan(50);
  });

  it.each(READ_DEFECTS.filter(({ name }) => name === QUICK_READ_DEFECT))(
    'is checked by a checker that catches a planted defect: $name',
    async (defect) => {
      const short = { replicas: 1, tailMs: 500, say: silent };
      await isCaught((trySeed) => runReadDefect(engines, defect, { ...short, seed: trySeed }));
    },
  );
});

describe('the fold', () => {
  it.each(FOLD_DEFECTS)('is checked by properties that catch a planted defect: $name', async (defect) => {
    const { caught, rules } = await runTestedDefect(defect);
    expect(caught, `tests failed: ${rules.join(', ')}`).toBe(true);
  });
});
