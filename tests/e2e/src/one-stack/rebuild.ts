import { connectCassandra } from '@meridian/cassandra';
import { contactPointsOf } from '@meridian/engines';
import { customersProjection } from '@meridian/read-model-customers';
import { inventoryProjection } from '@meridian/read-model-inventory';
import { ordersProjection } from '@meridian/read-model-orders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  openSessions,
  openStockSessions,
  type OrderSessions,
  type Side,
  type StockSessions,
  type TestStack,
} from '@meridian/testing';
import { runCli } from '../cli.ts';
import { nextProjector, type NextProjector } from './next-projector.ts';

const listed = z.array(z.object({ projector: z.string(), generation: z.number(), state: z.string() }));
const ENOUGH = 6;
const OLD = {
  orders: ordersProjection.version,
  inventory: inventoryProjection.version,
  customers: customersProjection.version,
};
const NEW = { orders: OLD.orders + 1, inventory: OLD.inventory + 1, customers: OLD.customers + 1 };
type Rebuilt = keyof typeof OLD;
const REBUILT: readonly Rebuilt[] = ['orders', 'inventory', 'customers'];

/**
 * A rebuild of three read models by other versions of their projections, their promotion and the way back. The other version
 * of the orders writes other texts. That of the inventory has tables with another key and other columns. That of the
 * customers is fed by a second context, so the way back is to a generation that knows nothing of that context.
 */
export const describeRebuild = (given: () => TestStack) =>
  describe('a rebuild with changed projections, under load', () => {
    let stack: TestStack;
    let sessions: OrderSessions;
    let stock: StockSessions;
    let next: Readonly<Record<Rebuilt, NextProjector>>;

    beforeAll(async () => {
      stack = given();
      next = {
        orders: nextProjector(stack, 'orders', 'changed-orders-projector.ts'),
        inventory: nextProjector(stack, 'inventory', 'other-inventory-projector.ts'),
        customers: nextProjector(stack, 'customers', 'other-customers-projector.ts'),
      };
      const { command, query } = stack.addresses;
      const byRegion = Object.entries(query).map(([region, address]) => [region, [address]] as const);
      const addresses = { command: [command], query: Object.fromEntries(byRegion) };
      sessions = await openSessions(addresses);
      stock = await openStockSessions(addresses);
    });

    afterAll(async () => {
      await Promise.all([sessions?.stop(), stock?.stop()]);
      for (const name of REBUILT) await next?.[name].end('SIGTERM');
    });

    async function cli(
      ...args: readonly string[]
    ): Promise<{ readonly code: number | null; readonly output: string }> {
      return runCli(stack.folder, 'projections', ...args).ended;
    }
    async function states(name: Rebuilt): Promise<Record<number, string>> {
      const { output } = await cli('list', '--json');
      const own = listed.parse(JSON.parse(output)).filter(({ projector }) => projector === name);
      return Object.fromEntries(own.map(({ generation, state }) => [generation, state]));
    }

    /** Every region answers from one side, and from then on from no other. Neither it nor the stock is ever wrong. */
    async function answersComeFrom(side: Side): Promise<void> {
      const other = side === 'old' ? 'changed' : 'old';
      for (const region of stack.regions) {
        sessions.forget();
        await expect.poll(() => sessions.answers(region)[side]).toBeGreaterThan(0);
      }
      sessions.forget();
      for (const region of stack.regions) {
        await expect.poll(() => sessions.answers(region)[side]).toBeGreaterThan(ENOUGH);
        expect(sessions.answers(region)[other], `${region}: answers of the ${other} projection`).toBe(0);
        const before = stock.checked(region);
        await expect.poll(() => stock.checked(region)).toBeGreaterThan(before + ENOUGH);
      }
      expect(sessions.wrong).toEqual([]);
      expect(stock.wrong).toEqual([]);
    }

    it('is filled beside the live one, also when the process that fills it is killed', async () => {
      await answersComeFrom('old');
      for (const name of REBUILT) next[name].start();
      for (const name of REBUILT) await next[name].logged('no generation of this version');
      const rebuilding = REBUILT.map((name) => ({
        name,
        ...runCli(stack.folder, 'projections', 'rebuild', name, '--max-rate', '50'),
      }));
      await next.orders.logged('filling from the journal');
      await next.orders.end('SIGKILL');
      next.orders.start();
      for (const { name, ended } of rebuilding) {
        const { code, output } = await ended;
        expect(output).toContain(`generation ${NEW[name]} of ${name} is filled and follows Kafka`);
        expect(code).toBe(0);
        expect(await states(name)).toEqual({ [OLD[name]]: 'live', [NEW[name]]: 'filled' });
      }
      await answersComeFrom('old');
    });

    it('is compared: what differs is what was changed', async () => {
      const orders = await cli('compare', 'orders');
      expect(orders.code).toBe(1);
      expect(orders.output).toContain('note');
      expect(orders.output).not.toContain('total_minor');
      const inventory = await cli('compare', 'inventory');
      expect(inventory.code).toBe(1);
      expect(inventory.output).toContain(
        `stock_by_band has another key in generation ${NEW.inventory}: not compared`,
      );
      expect(inventory.output).not.toContain('on_hand');
      const customers = await cli('compare', 'customers');
      expect(customers.output).toMatch(/customer +\d+/);
      expect(customers.code).toBe(0);
    });

    it('is promoted, and no answer is wrong, older than its token or missing', async () => {
      for (const name of REBUILT) {
        const { code, output } = await cli('promote', name, String(NEW[name]));
        expect(output).toContain(`generation ${NEW[name]} answers now`);
        expect(code).toBe(0);
      }
      await answersComeFrom('changed');
      for (const name of REBUILT)
        expect(await states(name)).toEqual({ [OLD[name]]: 'previous', [NEW[name]]: 'live' });
    });

    it('is rolled back to the old one, which was fed all the time', async () => {
      for (const name of REBUILT) {
        const { code, output } = await cli('rollback', name);
        expect(output).toContain(`generation ${OLD[name]} answers again`);
        expect(code).toBe(0);
      }
      await answersComeFrom('old');
      for (const name of REBUILT)
        expect(await states(name)).toEqual({ [OLD[name]]: 'live', [NEW[name]]: 'previous' });
    });

    it('is dropped, with the table that only the other version had', async () => {
      const ofOther = () => tablesOf(stack, `_g${NEW.customers}`);
      expect(await ofOther()).toContain(`customer_order_value_g${NEW.customers}`);
      const { code, output } = await cli('drop', 'customers', String(NEW.customers));
      expect(output).toContain(`generation ${NEW.customers} of customers is gone`);
      expect(code).toBe(0);
      expect(await states('customers')).toEqual({ [OLD.customers]: 'live' });
      // Tables of other read models may end with the same number.
      const left = await ofOther();
      for (const table of ['customer', 'customer_order_value'])
        expect(left).not.toContain(`${table}_g${NEW.customers}`);
      await answersComeFrom('old');
    });
  });

/** The tables of a stack whose names end so. */
async function tablesOf({ engineEnvironment, regions, names }: TestStack, ending: string): Promise<string[]> {
  const [home = ''] = regions;
  const contactPoints = contactPointsOf(engineEnvironment, home);
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  try {
    const rows = await session.execute(
      'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
      [names.keyspace],
      { consistency: 'LOCAL_ONE' },
    );
    return rows.map((row) => String(row['table_name'])).filter((name) => name.endsWith(ending));
  } finally {
    await session.close();
  }
}
