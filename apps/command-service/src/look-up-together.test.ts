import { QueueFullError } from '@meridian/write-store';
import { describe, expect, it } from 'vitest';
import { lookUpTogether, type LookUpBounds } from './look-up-together.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Look-ups that end when the test says so; every key is found but `none`. */
function controlled(bounds: LookUpBounds) {
  const asked: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const lookUp = lookUpTogether((keys) => {
    asked.push(keys.join(' '));
    return new Promise<ReadonlyMap<string, string>>((resolve, reject) => {
      const found = new Map(keys.filter((key) => key !== 'none').map((key) => [key, `of ${key}`]));
      ends.push((error) => (error ? reject(error) : resolve(found)));
    });
  }, bounds);
  const end = (error?: Error) => {
    ends.shift()?.(error);
    return settled();
  };
  return { lookUp, asked, end };
}

describe('look-ups that share statements', () => {
  it('asks for a lone key at once, and together for those that came meanwhile', async () => {
    const { lookUp, asked, end } = controlled({ maxAtOnce: 1, maxKeys: 3 });
    const answers = Promise.all(['a', 'b', 'none', 'b', 'c'].map((key) => lookUp(key)));
    expect(asked).toEqual(['a']);
    await end();
    expect(asked).toEqual(['a', 'b none']);
    await end();
    expect(asked).toEqual(['a', 'b none', 'c']);
    await end();
    expect(await answers).toEqual(['of a', 'of b', undefined, 'of b', 'of c']);
  });

  it('gives a failure to those who share the look-up, and goes on', async () => {
    const { lookUp, end } = controlled({ maxAtOnce: 1 });
    const answers = Promise.allSettled(['a', 'b', 'c'].map((key) => lookUp(key)));
    const away = new Error('away');
    await end();
    await end(away);
    const after = lookUp('d');
    await end();
    expect(await answers).toEqual([
      { status: 'fulfilled', value: 'of a' },
      { status: 'rejected', reason: away },
      { status: 'rejected', reason: away },
    ]);
    expect(await after).toBe('of d');
  });

  it('bounds who waits', async () => {
    const { lookUp, end } = controlled({ maxAtOnce: 1, maxWaiting: 1 });
    const answers = [lookUp('a'), lookUp('b')];
    await expect(lookUp('c')).rejects.toThrow(QueueFullError);
    await end();
    await end();
    expect(await Promise.all(answers)).toEqual(['of a', 'of b']);
  });
});
