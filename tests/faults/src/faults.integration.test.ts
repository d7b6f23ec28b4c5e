import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFECTS } from './defects/defects.ts';
import { FOLD_DEFECTS } from './defects/fold-defects.ts';
import { READ_DEFECTS } from './defects/read-defects.ts';
import { runTestedDefect } from './defects/run-tested-defect.ts';
import { runReadDefect } from './read/run-read-defect.ts';
import { runRead } from './read/run-read.ts';
import { startFaultyEngines, type FaultyEngines } from './system/engines.ts';
import { runDefect } from './write/run-defect.ts';
import { runWrite } from './write/run-write.ts';
import { FAULT_KINDS } from './write/schedule.ts';

/** Those that show soonest; `npm run faults -- defects` plants all of them. */
const QUICK_WRITE_DEFECTS = ['position-before-lock', 'retry-of-half-a-group'];
const QUICK_READ_DEFECTS = ['late-deletes', 'one-row-for-all-partitions'];
const silent = () => undefined;
const seed = 1;

let engines: FaultyEngines;
beforeAll(async () => {
  engines = await startFaultyEngines('npm-test');
});
afterAll(() => engines?.stop());

describe('the write side under faults', () => {
  it('loses, doubles, oversells and answers wrongly nothing', async () => {
    const { faults, counts, violations } = await runWrite(engines, { seed, seconds: 12, say: silent });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    // Two cut and one late, and two more of what Kafka was sent: every fault hit something.
    expect(counts).toMatchObject({ 'commits cut': 3, 'commits late': 1, 'produces cut': 2 });
    expect(counts['accepted']).toBeGreaterThan(100);
  });

  it.each(DEFECTS.filter(({ name }) => QUICK_WRITE_DEFECTS.includes(name)))(
    'is checked by a checker that catches a planted defect: $name',
    async (defect) => {
      const { caught, rules } = await runDefect(engines, defect, { seed, seconds: 6, say: silent });
      expect(caught, `rules broken: ${rules.join(', ')}`).toBe(true);
    },
  );
});

describe('the read side under faults', () => {
  it('holds in every region what the journal says, and answers nothing else', async () => {
    const { counts, violations } = await runRead(engines, {
      ...{ seed, say: silent },
      kinds: ['kill-while-writing', 'duplicate-batches', 'join-and-leave'],
    });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(counts['answers checked']).toBeGreaterThan(50);
    expect(counts['rows compared']).toBeGreaterThan(100);
  });

  it.each(READ_DEFECTS.filter(({ name }) => QUICK_READ_DEFECTS.includes(name)))(
    'is checked by a checker that catches a planted defect: $name',
    async (defect) => {
      const { caught, rules } = await runReadDefect(engines, defect, { seed, say: silent });
      expect(caught, `rules broken: ${rules.join(', ')}`).toBe(true);
    },
  );
});

describe('the fold', () => {
  it.each(FOLD_DEFECTS)('is checked by properties that catch a planted defect: $name', async (defect) => {
    const { caught, rules } = await runTestedDefect(defect);
    expect(caught, `tests failed: ${rules.join(', ')}`).toBe(true);
  });
});
