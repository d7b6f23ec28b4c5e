import { expect, it } from 'vitest';
import { firstOf } from './first-of.ts';

it('succeeds as soon as one way does, and fails with the first failure when both do', async () => {
  const never = new Promise<void>(() => undefined);
  await firstOf(never, Promise.resolve());
  await firstOf(Promise.reject(new Error('late')), Promise.resolve());
  const [late, away] = [Promise.reject(new Error('late')), Promise.reject(new Error('away'))];
  await expect(firstOf(late, away)).rejects.toThrow('late');
});
