import type { JournalFence } from '../journal/journal-fence.ts';

/** A range of positions, both ends included. */
export interface PositionRange {
  readonly first: bigint;
  readonly last: bigint;
}

type Fenced = Pick<JournalFence, 'firstPosition' | 'lastPosition'>;

/** What is left of a range of missing positions when those that were given up are taken out; fences in order. */
export function unexplained(gap: PositionRange, fences: readonly Fenced[]): readonly PositionRange[] {
  const left: PositionRange[] = [];
  let first = gap.first;
  for (const { firstPosition, lastPosition } of fences) {
    if (lastPosition < first || firstPosition > gap.last) continue;
    if (firstPosition > first) left.push({ first, last: firstPosition - 1n });
    first = lastPosition + 1n;
  }
  if (first <= gap.last) left.push({ first, last: gap.last });
  return left;
}

/** Whether a position was given up. */
export function isFenced(position: bigint, fences: readonly Fenced[]): boolean {
  return fences.some(
    ({ firstPosition, lastPosition }) => position >= firstPosition && position <= lastPosition,
  );
}
