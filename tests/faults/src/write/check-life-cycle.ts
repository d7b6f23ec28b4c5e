import type { Violation } from '../system/violation.ts';
import type { Evidence } from './history.ts';
import { exceededLines, mayFollow, statusAfter } from './life-cycle.ts';
import { violation, wishesByMark } from './rule.ts';

/** Each event of an order came in a status that allows it, and no more pieces of a line came back than were ordered. */
export function* ordersMoveAsAllowed({ attempts, journal }: Evidence): Iterable<Violation> {
  const wishes = wishesByMark(attempts);
  const ofOrders = journal.filter(({ aggregateType }) => aggregateType === 'order');
  for (const [orderId, events] of Map.groupBy(ofOrders, ({ aggregateId }) => aggregateId))
    for (const [index, { type, position, mark = '' }] of events.entries()) {
      const before = events.slice(0, index);
      const status = statusAfter(before);
      if (!mayFollow(type, status))
        yield violation(
          'orders move as allowed',
          `${orderId}: ${type} at ${position} follows ${status || 'nothing'}`,
        );
      const wish = wishes.get(mark);
      const exceeded = wish?.kind === 'step' ? exceededLines(before, wish.back, wishes) : [];
      for (const lineNo of exceeded)
        yield violation(
          'orders move as allowed',
          `${orderId}: at ${position}, more pieces of line ${lineNo} came back than were ordered`,
        );
    }
}
