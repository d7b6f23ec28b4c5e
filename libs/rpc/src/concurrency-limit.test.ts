import { expect, it } from 'vitest';
import { concurrencyLimit, notePlace, sharePlace, startWaiting } from './concurrency-limit.ts';

it('counts a call that waits for two things as waiting until both are there, also for what a part of it waits for', () => {
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
  const [whole, part] = [new AbortController().signal, new AbortController().signal];
  notePlace(whole, call);
  sharePlace(whole, part);
  expect(isFree()).toBe(false);
  const endOne = startWaiting({ signal: whole });
  const endOther = startWaiting({ signal: part });
  expect(isFree()).toBe(true);
  endOne();
  endOne();
  expect(isFree()).toBe(true);
  endOther();
  expect(isFree()).toBe(false);
  call.leave();
  expect(isFree()).toBe(true);
});
