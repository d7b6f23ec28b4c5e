import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';
import { inWaves, lengthOf, mayMeet, runWave, spread, waveText } from './waves.ts';

const claims = (takes: readonly string[], needs: readonly string[] = []) => ({ takes, needs });

describe('mayMeet', () => {
  it('keeps apart what takes what the other takes or needs', () => {
    expect(mayMeet(claims(['a']), claims(['a']))).toBe(false);
    expect(mayMeet(claims(['a']), claims([], ['a']))).toBe(false);
    expect(mayMeet(claims([], ['a']), claims(['a']))).toBe(false);
    expect(mayMeet(claims(['a'], ['c']), claims(['b'], ['c']))).toBe(true);
  });
});

describe('inWaves', () => {
  const any = (kind: string) => kind;

  it('has every kind once, whatever may meet', () => {
    fc.assert(
      fc.property(fc.integer(), fc.uniqueArray(fc.string()), fc.func(fc.boolean()), (seed, kinds, allows) => {
        const join = (kind: string, wave: readonly string[]) =>
          wave.length === 0 || allows(kind, wave) ? kind : undefined;
        expect(inWaves(randomOf(seed), kinds, join).flat().sort()).toEqual([...kinds].sort());
      }),
    );
  });

  it('keeps kinds together that always come so, and lets others join them', () => {
    const waves = inWaves(randomOf(1), ['a', ['b', 'c'], 'd', 'e', 'f', 'g', 'h'], any);
    expect(waves.find((wave) => wave.includes('b'))).toContain('c');
    expect(Math.max(...waves.map((wave) => wave.length))).toBeGreaterThan(2);
  });

  it('says when kinds that must come together cannot', () => {
    const alone = (kind: string, wave: readonly string[]) => (wave.length === 0 ? kind : undefined);
    expect(() => inWaves(randomOf(1), [['a', 'b']], alone)).toThrow('b cannot come together');
  });
});

describe('spread', () => {
  it('lets every fault of a wave begin while the first that lasts is active', () => {
    const lengths = fc.array(fc.nat({ max: 10_000 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.integer(), lengths, (seed, all) => {
        const faults = spread(
          randomOf(seed),
          all.map((lastsMs) => ({ lastsMs })),
        );
        const first = faults.find(({ lastsMs }) => lastsMs > 0) ?? { afterMs: 0, lastsMs: 0 };
        expect(first.afterMs).toBe(0);
        for (const { afterMs } of faults) expect(afterMs).toBeLessThanOrEqual(first.lastsMs);
        expect(lengthOf(faults)).toBeGreaterThanOrEqual(Math.max(...all));
      }),
    );
  });
});

describe('runWave', () => {
  const at = (afterMs: number) => ({ afterMs, lastsMs: 0 });

  it('does all at once, and ends when all are healed', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Each waits for the other: one after the other would never end.
    await runWave([at(0), at(1)], async ({ afterMs }) => {
      (afterMs === 0 ? first : second).resolve();
      await (afterMs === 0 ? second : first).promise;
    });
  });

  it('rejects when one failed, and not before the others are healed', async () => {
    let healed = false;
    const inject = async ({ afterMs }: { afterMs: number }) => {
      if (afterMs === 0) throw new Error('it cannot be killed');
      healed = true;
    };
    await expect(runWave([at(0), at(5)], inject)).rejects.toThrow('it cannot be killed');
    expect(healed).toBe(true);
  });
});

describe('waveText', () => {
  it('tells what overlaps what', () => {
    const faults = [
      { name: 'b', afterMs: 500, lastsMs: 0 },
      { name: 'a', afterMs: 0, lastsMs: 1_000 },
    ];
    expect(waveText(faults, ({ name }) => name)).toBe('a (0.0 s to 1.0 s) + b (0.5 s)');
    expect(waveText([{ name: 'c', afterMs: 0, lastsMs: 0 }], ({ name }) => name)).toBe('c');
  });
});
