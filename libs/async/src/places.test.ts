import { expect, it } from 'vitest';
import { createPlaces } from './places.ts';

it('gives a place when one is free, in order, and keeps none for whoever does not wait any more', async () => {
  const places = createPlaces(1);
  const free = await places.take();
  const gone = new AbortController();
  const left = places.take(gone.signal);
  const seen: string[] = [];
  const next = places.take().then((freeNext) => {
    seen.push('next');
    return freeNext;
  });
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(places.take(gone.signal)).rejects.toThrow('gone');
  expect(seen).toEqual([]);
  free();
  free();
  (await next)();
  (await places.take())();
});
