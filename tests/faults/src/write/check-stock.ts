import type { Violation } from '../system/violation.ts';
import type { Evidence, JournalEvent, OrderedLine } from './history.ts';
import { violation, wishesByMark } from './rule.ts';

/** Stock was never promised twice, and the table holds what the events come to. */
export function* neverOversold({ journal, stocks }: Evidence): Iterable<Violation> {
  const levels = new Map<string, JournalEvent>();
  for (const event of journal) {
    if (!event.level) continue;
    const { onHand, reserved } = event.level;
    if (reserved > onHand || reserved < 0n)
      yield violation(
        'never oversold',
        `${event.aggregateId}: ${reserved} of ${onHand} at ${event.position}`,
      );
    levels.set(event.aggregateId, event);
  }
  const rows = new Set(stocks.map(({ productId }) => productId));
  for (const productId of levels.keys())
    if (!rows.has(productId)) yield violation('state follows events', `stock of ${productId} has no row`);
  for (const { productId, onHand, reserved, version } of stocks) {
    const last = levels.get(productId);
    if (last?.level?.onHand !== onHand || last.level.reserved !== reserved || last.version !== version)
      yield violation('state follows events', `stock of ${productId}: ${reserved} of ${onHand}, v${version}`);
  }
}

interface Level {
  readonly onHand: bigint;
  readonly reserved: bigint;
}

/**
 * The goods in stock and the goods that are reserved are what the orders' events and the goods receipts add up to. What
 * the clients wanted gives the quantities. An order, a step or a receipt that happened by half, or twice, would show
 * here.
 */
export function* ordersMatchStock(evidence: Evidence): Iterable<Violation> {
  const expected = expectedLevels(evidence);
  const levels = new Map(
    evidence.journal.flatMap(({ aggregateId, level }) => (level ? [[aggregateId, level] as const] : [])),
  );
  for (const [productId, { onHand, reserved }] of levels) {
    const should = expected.get(productId) ?? { onHand: 0n, reserved: 0n };
    if (onHand !== should.onHand || reserved !== should.reserved)
      yield violation(
        'orders match stock',
        `${productId}: ${reserved} of ${onHand}, and orders and receipts come to ${should.reserved} of ${should.onHand}`,
      );
  }
}

function expectedLevels({ journal, attempts }: Evidence): ReadonlyMap<string, Level> {
  const wishes = wishesByMark(attempts);
  const orders = new Map<string, readonly OrderedLine[]>();
  const levels = new Map<string, Level>();
  const move = (productId: string, onHand: bigint, reserved: bigint) => {
    const before = levels.get(productId) ?? { onHand: 0n, reserved: 0n };
    levels.set(productId, { onHand: before.onHand + onHand, reserved: before.reserved + reserved });
  };
  for (const { aggregateId, mark, received } of journal) {
    const wish = mark === undefined ? undefined : wishes.get(mark);
    if (received !== undefined) move(aggregateId, received, 0n);
    else if (wish?.kind === 'place') {
      orders.set(aggregateId, wish.lines);
      for (const { productId, quantity } of wish.lines) move(productId, 0n, quantity);
    } else if (wish?.kind === 'step') {
      const lines = orders.get(aggregateId) ?? [];
      if (wish.step === 'ship')
        for (const { productId, quantity } of lines) move(productId, -quantity, -quantity);
      if (wish.step === 'cancel') for (const { productId, quantity } of lines) move(productId, 0n, -quantity);
      for (const { lineNo, quantity } of wish.back) {
        const line = lines[lineNo - 1];
        if (line) move(line.productId, quantity, 0n);
      }
    }
  }
  return levels;
}
