import { expect, it } from 'vitest';
import { bestAround } from './orders.ts';

/** Finds the best of 128, 256 and 512 by these rates; gives the best and what was tried. */
async function find(rates: Readonly<Record<number, number>>) {
  const tried: number[] = [];
  const best = await bestAround([128, 256, 512], (candidate) => {
    tried.push(candidate);
    const rate = rates[candidate];
    return rate === undefined ? Promise.reject(new Error('calls failed')) : Promise.resolve(rate);
  });
  return { best, tried };
}

it('tries one step more beyond an end that is best, and takes the better of both', async () => {
  expect(await find({ 128: 1, 256: 2, 512: 3, 1024: 4 })).toEqual({
    best: 1024,
    tried: [128, 256, 512, 1024],
  });
  expect(await find({ 64: 4, 128: 3, 256: 2, 512: 1 })).toEqual({ best: 64, tried: [128, 256, 512, 64] });
  expect(await find({ 128: 1, 256: 2, 512: 3, 1024: 2 })).toEqual({
    best: 512,
    tried: [128, 256, 512, 1024],
  });
});

it('stays with an end beyond which calls fail', async () => {
  expect((await find({ 128: 1, 256: 2, 512: 3 })).best).toBe(512);
});

it('tries nothing more when the best is inside', async () => {
  expect(await find({ 128: 1, 256: 3, 512: 2 })).toEqual({ best: 256, tried: [128, 256, 512] });
});
