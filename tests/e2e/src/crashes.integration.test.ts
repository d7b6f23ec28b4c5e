import path from 'node:path';
import { createMeridianClient, type MeridianClient } from '@meridian/client';
import { OrderStatus } from '@meridian/contracts';
import { workspaceFolder } from '@meridian/engines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { openTruth, startTestStack, type TestStack, type Truth } from '@meridian/testing';

const SAMPLE = path.join(workspaceFolder(), 'examples/online-retail-2010-12-01.csv');
const TIMES = 6;
const ORDERS_OF_THE_FILE = 61;

describe('kill -9 of any one service during an import', () => {
  let stack: TestStack;
  let truth: Truth;
  let readers: readonly { readonly region: string; readonly client: MeridianClient }[];

  beforeAll(async () => {
    stack = await startTestStack('crashes');
    truth = openTruth(stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', stack.names.database);
  });

  afterAll(async () => {
    for (const { client } of readers ?? []) client.close();
    await truth?.close();
    await stack?.stop();
  });

  it('does not stop the import, which takes every order', async () => {
    const rejects = path.join(stack.folder, 'rejects.csv');
    const args = ['--times', String(TIMES), '--rejects', rejects, '--allow-rejects'];
    const running = runCli(stack.folder, 'import', SAMPLE, ...args);
    let over = false;
    void running.ended.finally(() => (over = true));
    const starting: Promise<unknown>[] = [];
    for (const name of stack.serviceNames) {
      // Each falls while orders are coming in: the next one only when the import has moved on.
      const before = await truth.eventCount();
      await expect.poll(async () => over || (await truth.eventCount()) > before + 100n).toBe(true);
      if (over) break;
      stack.signalService(name, 'SIGKILL');
      starting.push(stack.startService(name));
    }
    await Promise.all(starting);
    expect(starting.length, 'services that were killed while the import ran').toBe(stack.serviceNames.length);
    const { code, output } = await running.ended;
    expect(output).toContain(`${TIMES * ORDERS_OF_THE_FILE} orders accepted`);
    expect(code).toBe(0);
    const token = await truth.lastToken();
    readers = stack.regions.map((region) => ({
      region,
      client: createMeridianClient({
        commandAddresses: [stack.command()],
        queryAddresses: [stack.query(region)],
        token,
      }),
    }));
  });

  it('leaves a journal without a gap, and every row at its last version', async () => {
    expect(await truth.journalFaults()).toEqual([]);
    expect((await truth.orders()).size).toBe(TIMES * ORDERS_OF_THE_FILE);
  });

  it('loses and doubles nothing in the totals of any region', async () => {
    const expected = await truth.salesByCountry();
    for (const { region, client } of readers) {
      const { rows } = await client.sales.getDailySales({ fromDay: '2010-12-01' }, { deadline: 60_000 });
      const answered = new Map(
        rows.map((row) => [
          row.country,
          { orders: row.ordersPlaced, revenueMinor: row.revenue?.amountMinor },
        ]),
      );
      expect(answered, region).toEqual(expected);
    }
  });

  it('loses and doubles nothing in the stock of any region', async () => {
    const expected = await truth.stock();
    const ids = [...expected.keys()];
    for (const { region, client } of readers) {
      const answered = new Map<string, object>();
      for (let start = 0; start < ids.length; start += 100) {
        const productIds = ids.slice(start, start + 100);
        const { availabilities } = await client.inventory.batchGetAvailability(
          { productIds },
          { deadline: 60_000 },
        );
        for (const { productId, onHand, reserved, version } of availabilities)
          answered.set(productId, { onHand, reserved, version });
      }
      expect(answered, region).toEqual(expected);
    }
  });

  it('shows every order where it is, in every region', async () => {
    const expected = await truth.orders();
    const ids = [...expected.keys()].filter((_, index) => index % 10 === 0);
    for (const { region, client } of readers) {
      for (const orderId of ids) {
        const { order } = await client.orders.getOrder({ orderId }, { deadline: 60_000 });
        const { status, version } = order?.summary ?? {};
        expect({ region, orderId, status, version }).toEqual({
          region,
          orderId,
          status: OrderStatus.SHIPPED,
          version: expected.get(orderId)?.version,
        });
        expect(order?.historyTotal).toBe(version);
      }
    }
  });
});
