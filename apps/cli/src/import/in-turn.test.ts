import { expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

it('does work for one key after the other, also after a failure, and other keys do not wait', async () => {
  const turn = inTurn();
  const steps: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turn('a', async () => {
    steps.push('first begins');
    await gate.promise;
    steps.push('first ends');
    throw new Error('failed');
  });
  const second = turn('a', async () => void steps.push('second'));
  await turn('b', async () => void steps.push('another key'));
  expect(steps).toEqual(['first begins', 'another key']);
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(steps).toEqual(['first begins', 'another key', 'first ends', 'second']);
  expect(await turn('a', async () => 'answer')).toBe('answer');
});
