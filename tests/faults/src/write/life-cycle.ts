import type { JournalEvent, Step, Wish } from './history.ts';

/** The event that each step records. */
export const EVENT_OF: Readonly<Record<Step, string>> = {
  pay: 'OrderPaid',
  ship: 'OrderShipped',
  cancel: 'OrderCancelled',
  return: 'ItemsReturned',
};

/** The statuses in which each event may come, each named after the event that led to it; empty: there is no order yet. */
const ALLOWED_AFTER: ReadonlyMap<string, readonly string[]> = new Map([
  ['OrderPlaced', ['']],
  ['OrderPaid', ['OrderPlaced']],
  ['OrderShipped', ['OrderPaid']],
  ['OrderCancelled', ['OrderPlaced', 'OrderPaid']],
  ['ItemsReturned', ['OrderShipped']],
]);

/** The status of an order after some of its events: the type of the last one that moved it. Empty: there is no order yet. */
export const statusAfter = (events: readonly JournalEvent[]): string =>
  events.findLast(({ type }) => type !== 'ItemsReturned')?.type ?? '';

/** Whether an event may come in a status. An event that no step of these clients records may never come. */
export const mayFollow = (type: string, status: string): boolean =>
  ALLOWED_AFTER.get(type)?.includes(status) ?? false;

/** The numbers of the lines of which more pieces come back than were ordered, after some events of the order. */
export function exceededLines(
  before: readonly JournalEvent[],
  back: Extract<Wish, { kind: 'step' }>['back'],
  wishes: ReadonlyMap<string, Wish>,
): readonly number[] {
  const done = before.flatMap(({ mark = '' }) => wishes.get(mark) ?? []);
  const placed = done.find((wish) => wish.kind === 'place');
  const returned = done.flatMap((wish) => (wish.kind === 'step' ? wish.back : []));
  const numbers = [...new Set(back.map(({ lineNo }) => lineNo))];
  return numbers.filter((lineNo) => {
    const pieces = [...returned, ...back].reduce(
      (sum, one) => (one.lineNo === lineNo ? sum + one.quantity : sum),
      0n,
    );
    return pieces > (placed?.lines[lineNo - 1]?.quantity ?? 0n);
  });
}
