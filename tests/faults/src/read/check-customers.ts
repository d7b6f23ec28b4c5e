import { shardOf } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import type { CustomerShown, Look, Recorded } from './history.ts';
import type { OrderAt } from './oracle/orders.ts';
import { at, honoured, lastNamed, unnamed, untrue } from './verdicts.ts';

/** What the journal says of customers. */
export interface KnownCustomers {
  /** A customer's events. */
  readonly customers: ReadonlyMap<string, readonly Recorded[]>;
  /** Each order of a customer after each of its events. */
  readonly byCustomer: ReadonlyMap<string, readonly (readonly OrderAt[])[]>;
}

/** What an order adds to each figure of its customer. */
const FIGURES = [
  {
    name: 'orders placed',
    shown: ({ ordersPlaced }: CustomerShown) => ordersPlaced,
    addend: ({ status }: OrderAt) => (status === 'cancelled' ? 0n : 1n),
  },
  {
    name: 'worth',
    shown: ({ worthMinor }: CustomerShown) => worthMinor,
    addend: ({ status, totalMinor, returnedMinor }: OrderAt) =>
      status === 'cancelled' ? 0n : totalMinor - returnedMinor,
  },
];

/**
 * A customer was once as it was shown. Each order may be shown as it was owed, or as any later event that the token names left
 * it. So a figure lies between the sum of the least and the sum of the most that its orders may add.
 */
export function* checkCustomer(
  { required, named, parkedAggregates }: Look,
  { customerId, shown }: { readonly customerId: string; readonly shown: CustomerShown | undefined },
  { customers, byCustomer }: KnownCustomers,
): Iterable<Violation> {
  const states = customers.get(customerId) ?? [];
  const shard = shardOf(customerId);
  const owed = lastNamed(states, at(required, 'customers', shard));
  if (owed && (shown?.version ?? 0n) < owed.version)
    yield honoured(`customer ${customerId} was shown at v${shown?.version ?? 0n}, v${owed.version} was owed`);
  if (!shown) return;
  const state = states[Number(shown.version) - 1];
  if (!state) yield untrue(`customer ${customerId} was never at v${shown.version}`);
  else if (at(named, 'customers', shard) < state.position)
    yield unnamed(`customer ${customerId} v${shown.version}`);
  else yield* checkPersonalData(customerId, shown, state, states);
  const orders = byCustomer.get(customerId) ?? [];
  for (const figure of FIGURES) {
    const value = figure.shown(shown);
    const anything = boundsOf(orders, () => 0n, figure.addend, named);
    const allowed = boundsOf(
      orders,
      (shardOfOrder) => at(required, 'orders', shardOfOrder),
      figure.addend,
      named,
    );
    const what = `${figure.name} of ${customerId} is ${value}`;
    if (value > anything.most) yield unnamed(`${what}, the token names ${anything.most} at most`);
    else if (parkedAggregates === 0 && (value < allowed.least || value > allowed.most))
      yield honoured(`${what}, ${allowed.least} to ${allowed.most} was owed`);
  }
}

/** What a session calls a customer whom it registers. */
export const firstNameOf = (customerId: string): string => `name of ${customerId}`;
/** What a session calls a customer from then on. */
export const nextNameOf = (customerId: string): string => `again ${customerId}`;

/**
 * Nothing personal is shown of a customer who is erased. A customer may be shown as erased before the row says so, since the key goes
 * first. Of all others the name is shown that the row's event gave.
 */
function* checkPersonalData(
  customerId: string,
  { version, isErased, personalData }: CustomerShown,
  state: Recorded,
  states: readonly Recorded[],
): Iterable<Violation> {
  const what = `customer ${customerId} v${version}`;
  const shown = personalData.join(', ');
  if (isErased) {
    if (!states.some(({ event }) => event.type === 'CustomerErased'))
      yield untrue(`${what} was never erased, and is shown so`);
    if (shown !== '') yield untrue(`${what} is erased, and shown as ${shown}`);
    return;
  }
  const { type } = state.event;
  if (type === 'CustomerErased') yield untrue(`${what} is erased, and not shown so`);
  const name = type === 'CustomerRegistered' ? firstNameOf(customerId) : nextNameOf(customerId);
  if (shown !== name) yield untrue(`${what} was never ${shown}`);
}

/** The least and the most that orders may add up to: none is older than its state at `from`, and none newer than the token. */
function boundsOf(
  orders: readonly (readonly OrderAt[])[],
  from: (shard: number) => bigint,
  addend: (state: OrderAt) => bigint,
  named: Look['named'],
) {
  let [least, most] = [0n, 0n];
  for (const states of orders) {
    const [first] = states;
    if (!first) continue;
    const owed = lastNamed(states, from(first.shard));
    const until = at(named, 'orders', first.shard);
    const later = states.filter(
      ({ position, version }) => position <= until && version > (owed?.version ?? 0n),
    );
    const addends = [owed ? addend(owed) : 0n, ...later.map(addend)];
    least += addends.reduce((a, b) => (a < b ? a : b));
    most += addends.reduce((a, b) => (a > b ? a : b));
  }
  return { least, most };
}
