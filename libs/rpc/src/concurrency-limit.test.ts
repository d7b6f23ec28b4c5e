import { expect, it } from 'vitest';
import { concurrencyLimit } from './concurrency-limit.ts';

it('counts a call that waits for two things as waiting until both are there', () => {
  const enter = concurrencyLimit({ maxOf: () => 1, maxWaiting: 1 });
  const isFree = () => {
    try {
      enter('/method').leave();
      return true;
    } catch {
      return false;
    }
  };
  const call = enter('/method');
  expect(isFree()).toBe(false);
  const endOne = call.startWaiting();
  const endOther = call.startWaiting();
  expect(isFree()).toBe(true);
  endOne();
  endOne();
  expect(isFree()).toBe(true);
  endOther();
  expect(isFree()).toBe(false);
  call.leave();
  expect(isFree()).toBe(true);
});
