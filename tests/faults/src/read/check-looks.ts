import type { Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import { checkCustomer, type KnownCustomers } from './check-customers.ts';
import type {
  DayShown,
  Look,
  OrderShown,
  ReadEvidence,
  Recorded,
  StockShown,
  WholeOrderShown,
} from './history.ts';
import { checkHistory } from './check-history.ts';
import { checkProduct } from './check-products.ts';
import { foldOrders, type OrderAt } from './oracle/orders.ts';
import { saleOf } from './oracle/sales-rows.ts';
import { levelAfter } from './oracle/stock-rows.ts';
import { at, honoured, lastNamed, unnamed, untrue } from './verdicts.ts';

type AnswerOf<Kind extends Look['answer']['kind']> = Extract<Look['answer'], { kind: Kind }>;

/** What the journal says of everything that can be asked. */
interface Known extends KnownCustomers {
  readonly orders: ReadonlyMap<string, readonly OrderAt[]>;
  /** An order's events. */
  readonly orderEvents: ReadonlyMap<string, readonly Recorded[]>;
  /** A product's events. */
  readonly products: ReadonlyMap<string, readonly Recorded[]>;
  /** A product's stock after each event of it. */
  readonly stocks: ReadonlyMap<string, readonly Recorded[]>;
  readonly sales: readonly Recorded[];
}

/**
 * Every answer showed at least what its session had seen before, and no more than its own token names. Answers showed
 * nothing that the journal does not say. No session saw anything go back.
 */
export function* checkLooks({ journal, looks }: ReadEvidence): Iterable<Violation> {
  const orders = foldOrders(journal);
  const eventsOf = (type: string) =>
    Map.groupBy(
      journal.filter(({ aggregateType }) => aggregateType === type),
      ({ aggregateId }) => aggregateId,
    );
  const known: Known = {
    orders,
    byCustomer: Map.groupBy(orders.values(), ([first]) => first?.customerId ?? ''),
    customers: eventsOf('customer'),
    products: eventsOf('product'),
    orderEvents: eventsOf('order'),
    stocks: Map.groupBy(
      journal.filter(({ event }) => levelAfter(event)),
      ({ aggregateId }) => aggregateId,
    ),
    sales: journal.filter((recorded) => saleOf(recorded)),
  };
  const seen = new Map<string, bigint>();
  for (const look of looks) {
    const where = `session ${look.session} in ${look.region}`;
    for (const { rule, detail } of rulesFor(look, known)) yield { rule, detail: `${where}: ${detail}` };
    for (const [id, version] of versionsIn(look.answer)) {
      const key = `${look.session} ${id}`;
      const before = seen.get(key) ?? 0n;
      if (version < before)
        yield { rule: 'reads never go back', detail: `${where}: ${id} v${version} after v${before}` };
      seen.set(key, version > before ? version : before);
    }
  }
}

function rulesFor(look: Look, known: Known): Iterable<Violation> {
  const { answer } = look;
  switch (answer.kind) {
    case 'order':
      return checkOrder(look, answer, known);
    case 'history':
      return checkHistory(look, answer, known.orderEvents.get(answer.orderId) ?? []);
    case 'stock':
      return checkStock(look, answer.productId, answer.shown, known);
    case 'stocks':
      return checkStocks(look, answer, known);
    case 'product':
      return checkProduct(look, answer, known.products.get(answer.productId) ?? []);
    case 'customer-orders':
      return checkList(look, answer, known);
    case 'customer':
      return checkCustomer(look, answer, known);
    case 'sales':
      return checkSales(look, answer, known);
  }
}

function* checkOrder(
  { required, named }: Look,
  { orderId, shown }: AnswerOf<'order'>,
  { orders }: Known,
): Iterable<Violation> {
  const states = orders.get(orderId) ?? [];
  const owed = lastNamed(states, at(required, 'orders', shardOf(orderId)));
  if (owed && (shown?.version ?? 0n) < owed.version)
    yield honoured(`order ${orderId} was shown at v${shown?.version ?? 0n}, v${owed.version} was owed`);
  if (!shown) return;
  yield* checkWhole(shown, states, named);
}

function* checkWhole(
  shown: WholeOrderShown,
  states: readonly OrderAt[],
  named: Positions,
): Iterable<Violation> {
  const { orderId, version, steps, returnedMinor } = shown;
  yield* checkState(shown, states, named);
  const state = states[Number(version) - 1];
  if (state && (state.returnedMinor !== returnedMinor || steps !== Number(version)))
    yield untrue(`order ${orderId} v${version}: ${steps} steps, ${returnedMinor} returned`);
}

/**
 * What a watch pushes follows from the journal, and its versions rise. It ends with the last version, because it was
 * kept open until everything had been applied. It went on when services or stores that served it went away.
 */
export function* checkWatches({ journal, watches }: ReadEvidence): Iterable<Violation> {
  const orders = foldOrders(journal);
  for (const { region, orderId, pushes, failure } of watches) {
    const where = `watch of ${orderId} in ${region}`;
    const states = orders.get(orderId) ?? [];
    let last = 0n;
    for (const { shown, named } of pushes) {
      for (const { rule, detail } of checkWhole(shown, states, named))
        yield { rule, detail: `${where}: ${detail}` };
      if (shown.version <= last)
        yield { rule: 'watches rise', detail: `${where}: v${shown.version} after v${last}` };
      last = shown.version;
    }
    const newest = states.at(-1)?.version ?? 0n;
    if (last !== newest || failure !== undefined)
      yield {
        rule: 'watches end at the last version',
        detail: `${where}: v${last} of v${newest}${failure === undefined ? '' : `, ended by ${failure}`}`,
      };
  }
}

/** Where no fault parks anything, no answer counts a parked aggregate, and no question is refused because of one. */
export function* checkParked({ parks, looks, refusedAsParked }: ReadEvidence): Iterable<Violation> {
  if (parks) return;
  const rule = 'nothing is parked without a reason';
  for (const { region, answer, parkedAggregates } of looks)
    if (parkedAggregates > 0)
      yield { rule, detail: `${answer.kind} in ${region} counts ${parkedAggregates} parked aggregates` };
  for (const question of refusedAsParked)
    yield { rule, detail: `${Object.values(question).join(' ')} was refused with AGGREGATE_PARKED` };
}

/** An order was once as it was shown, and the answer's token names the event that made it so. */
function* checkState(
  { orderId, version, status, totalMinor }: OrderShown,
  states: readonly OrderAt[],
  named: Positions,
): Iterable<Violation> {
  const state = states[Number(version) - 1];
  if (!state || state.status !== status || state.totalMinor !== totalMinor)
    yield untrue(`order ${orderId} v${version} was never ${status} with a total of ${totalMinor}`);
  else if (at(named, 'orders', state.shard) < state.position)
    yield unnamed(`order ${orderId} v${version} at ${state.position}`);
}

function* checkStock(
  { required, named }: Look,
  productId: string,
  shown: StockShown | undefined,
  { stocks }: Known,
): Iterable<Violation> {
  const states = stocks.get(productId) ?? [];
  const shard = shardOf(productId);
  const owed = lastNamed(states, at(required, 'inventory', shard));
  if (owed && (shown?.version ?? 0n) < owed.version)
    yield honoured(`stock of ${productId} was shown at v${shown?.version ?? 0n}, v${owed.version} was owed`);
  if (!shown) return;
  const state = states[Number(shown.version) - 1];
  const level = state && levelAfter(state.event);
  if (level?.onHand !== shown.onHand || level.reserved !== shown.reserved)
    yield untrue(`stock of ${productId} v${shown.version} was never ${shown.reserved} of ${shown.onHand}`);
  else if (at(named, 'inventory', shard) < (state?.position ?? 0n))
    yield unnamed(`stock of ${productId} v${shown.version}`);
}

/** Stock that is asked for together: what is parked is counted, and shown as it was before. */
function* checkStocks(
  look: Look,
  { productIds, shown }: AnswerOf<'stocks'>,
  known: Known,
): Iterable<Violation> {
  for (const id of productIds)
    for (const violation of checkStock(look, id, shown.get(id), known))
      if (look.parkedAggregates === 0 || violation.rule !== honoured('').rule) yield violation;
}

function* checkList(
  { required, named, parkedAggregates }: Look,
  { customerId, shown }: AnswerOf<'customer-orders'>,
  { byCustomer, orders }: Known,
): Iterable<Violation> {
  const listed = new Map(shown.map((order) => [order.orderId, order]));
  for (const states of byCustomer.get(customerId) ?? []) {
    const [first] = states;
    const owed = first && lastNamed(states, at(required, 'orders', first.shard));
    const version = listed.get(first?.orderId ?? '')?.version ?? 0n;
    if (owed && version < owed.version && parkedAggregates === 0)
      yield honoured(`${owed.orderId} is listed at v${version}, v${owed.version} was owed`);
  }
  if (listed.size !== shown.length) yield untrue(`an order of ${customerId} is listed twice`);
  for (const order of shown) {
    const states = orders.get(order.orderId) ?? [];
    yield* checkState(order, states, named);
    const owner = states[0]?.customerId;
    if (owner !== undefined && owner !== customerId)
      yield untrue(`order ${order.orderId} of ${owner} is listed with ${customerId}`);
  }
}

/** Each of the sums only rises, so the answer lies between the sum of what was owed and the sum of what its token names. */
function* checkSales(
  { required, named, parkedAggregates }: Look,
  { shown }: AnswerOf<'sales'>,
  { sales }: Known,
): Iterable<Violation> {
  const owed = sumUntil(sales, required);
  const most = sumUntil(sales, named);
  const found = new Map(shown.map((day) => [dayKey(day), sumsOf(day)]));
  if (found.size !== shown.length) yield untrue('a day’s sales in one country and currency are shown twice');
  for (const key of new Set([...owed.keys(), ...found.keys()])) {
    const sums = found.get(key) ?? {};
    for (const name of SUMS) {
      const value = sums[name] ?? 0n;
      const [least, last] = [owed.get(key)?.[name] ?? 0n, most.get(key)?.[name] ?? 0n];
      if (value < least && parkedAggregates === 0)
        yield honoured(`${key}: ${name} is ${value}, ${least} was owed`);
      if (value > last) yield unnamed(`${key}: ${name} is ${value}, the token names ${last}`);
    }
  }
}

const SUMS = [
  'orders_placed',
  'orders_cancelled',
  'placed_minor',
  'cancelled_minor',
  'returned_minor',
] as const;
type Sums = Readonly<Record<string, bigint>>;

const dayKey = ({ day, country, currency }: Pick<DayShown, 'day' | 'country' | 'currency'>) =>
  `${day} ${country} ${currency}`;

function sumsOf(day: DayShown): Sums {
  return {
    orders_placed: day.ordersPlaced,
    orders_cancelled: day.ordersCancelled,
    placed_minor: day.placedMinor,
    cancelled_minor: day.cancelledMinor,
    returned_minor: day.returnedMinor,
  };
}

function sumUntil(sales: readonly Recorded[], until: Positions): ReadonlyMap<string, Sums> {
  const sums = new Map<string, Record<string, bigint>>();
  for (const recorded of sales) {
    const sale = saleOf(recorded);
    if (!sale || recorded.position > at(until, 'orders', recorded.shard)) continue;
    const { country, currencyCode: currency } = sale.keys;
    const key = dayKey({ day: sale.day, country, currency });
    const sum = sums.get(key) ?? {};
    for (const [name, addend] of Object.entries(sale.addends)) sum[name] = (sum[name] ?? 0n) + addend;
    sums.set(key, sum);
  }
  return sums;
}

function versionsIn(answer: Look['answer']): readonly (readonly [string, bigint])[] {
  switch (answer.kind) {
    case 'order':
      return [[`order ${answer.orderId}`, answer.shown?.version ?? 0n]];
    case 'history':
      return [[`order ${answer.orderId}`, answer.shown?.at(-1)?.version ?? 0n]];
    case 'stock':
      return [[`stock ${answer.productId}`, answer.shown?.version ?? 0n]];
    case 'stocks':
      return answer.productIds.map((id) => [`stock ${id}`, answer.shown.get(id)?.version ?? 0n]);
    case 'product':
      return [[`product ${answer.productId}`, answer.shown?.version ?? 0n]];
    case 'customer':
      return [[`customer ${answer.customerId}`, answer.shown?.version ?? 0n]];
    case 'customer-orders':
      return answer.shown.map(({ orderId, version }) => [`order ${orderId}`, version]);
    case 'sales':
      return answer.shown.map((day) => [`placed on ${dayKey(day)}`, day.ordersPlaced]);
  }
}
