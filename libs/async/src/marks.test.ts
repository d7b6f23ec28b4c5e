import { expect, it } from 'vitest';
import { createMarks } from './marks.ts';

it('keeps a mark for its time after it was last set', () => {
  let nowMs = 0;
  const marks = createMarks(100, () => nowMs);
  marks.set('a');
  marks.set('b');
  nowMs = 60;
  marks.set('a');
  nowMs = 99;
  expect([marks.has('a'), marks.has('b'), marks.has('c')]).toEqual([true, true, false]);
  nowMs = 100;
  expect([marks.has('a'), marks.has('b')]).toEqual([true, false]);
  expect([...marks.current()]).toEqual(['a']);
  nowMs = 160;
  expect([...marks.current()]).toEqual([]);
});
