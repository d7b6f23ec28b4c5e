import type { Row } from '@meridian/cassandra';
import type { Reader } from '@meridian/projection';
import { expect, it } from 'vitest';
import { listCustomerOrders } from './list-customer-orders.ts';
import { customerMonths, ordersByCustomer, orderSteps } from './tables.ts';

const MONTHS = Array.from({ length: 12 }, (_, n) => 202_612 - n);

/** The one order of a month, of which something came back. */
const orderOf = (month: number): Row => ({
  customer_id: 'c',
  placed_at: new Date(Date.UTC(2026, (month % 100) - 1, 5)),
  order_id: `o-${month}`,
  country: 'France',
  currency: 'GBP',
  status: 'placed',
  total_minor: 2n,
  returned: true,
  version: 2n,
  position: 7n,
});

it.each([
  ['a month', ordersByCustomer.name, 2],
  ['the steps of an order', orderSteps.name, 3],
])(
  'the list of a customer’s orders is read no further once nobody waits, at %s',
  async (_what, name, most) => {
    const gone = new AbortController();
    let selects = 0;
    const select: Reader['select'] = async (table, _columns, _rest, params) => {
      selects += 1;
      if (table.name === name) gone.abort(new Error('nobody waits'));
      if (table.name === customerMonths.name) return MONTHS.map((month) => ({ month }));
      return table.name === ordersByCustomer.name ? [orderOf(Number(params[1]))] : [];
    };
    const page = listCustomerOrders({ generation: 1, select }, 'c', undefined, 50, gone.signal);
    await expect(page).rejects.toThrow('nobody waits');
    expect(selects).toBe(most);
  },
);
