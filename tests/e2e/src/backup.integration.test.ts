import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createMeridianClient, refusalOf, type MeridianClient } from '@meridian/client';
import { CustomerStatus } from '@meridian/contracts';
import { killEngine, restartEngine, workspaceFolder } from '@meridian/engines';
import { findStack, type RunningStack } from '@meridian/local-stack';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeErased, describeRegistered, describeRestored } from './backup/erased.ts';
import { PersonOnStack, type ErasedOn } from './backup/person-on-stack.ts';
import { runBlock, runbook } from './runbook.ts';
import {
  highestPosition,
  openShop,
  openTruth,
  register,
  startTrading,
  type Acknowledged,
} from '@meridian/testing';

const PAGE = 'docs/backup-and-restore.md';
const folder = path.join(workspaceFolder(), '.meridian/tests', `backup_${randomBytes(4).toString('hex')}`);
const variables = {
  MERIDIAN_STACK_FOLDER: folder,
  MYSQL_DATA: path.join(folder, 'engines/mysql/data'),
  BACKUP: path.join(folder, 'copy'),
  LOST: path.join(folder, 'lost.jsonl'),
  // All that services may say is in a file, where it is looked for.
  MERIDIAN_LOG_LEVEL: 'trace',
  MERIDIAN_TRACES: `file:${path.join(folder, 'logs/spans.jsonl')}`,
  MERIDIAN_TRACE_RATIO: '1',
};
const shell = (commands: string) => runBlock({ commands, line: 0 }, variables);

let stack: RunningStack;
let client: MeridianClient;

async function connect(): Promise<void> {
  const found = findStack(folder);
  if (!found) throw new Error(`nothing runs in ${folder}`);
  stack = found;
  client?.close();
  client = clientIn(stack.regions[0] ?? '');
}

function clientIn(region: string): MeridianClient {
  const { command, query } = stack.addresses;
  return createMeridianClient({ commandAddresses: [command], queryAddresses: [query[region] ?? ''] });
}

/** As after a week: Kafka has deleted the event. */
function forgetErasureOf(customerId: string): void {
  const lines = readFileSync(variables.LOST, 'utf8').split('\n');
  const others = lines.filter(
    (line) => !(line.includes('"CustomerErased"') && line.includes(`"${customerId}"`)),
  );
  writeFileSync(variables.LOST, others.join('\n'));
}

async function metric(name: string): Promise<number> {
  const response = await fetch(`http://${stack.addresses.http['command-service']}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
const backlog = () => metric('meridian_relay_backlog_events');
const erasedOn: ErasedOn = {
  stack: () => stack,
  clientIn,
  copies: [variables.BACKUP, `${variables.MYSQL_DATA}.lost`],
};
const erased = new PersonOnStack(erasedOn);

beforeAll(async () => {
  await shell('meridian up');
  await connect();
  await openShop(client, ['ada', 'bob', 'dan']);
});

afterAll(async () => {
  client?.close();
  await shell('meridian down');
  await rm(folder, { recursive: true, force: true });
});

describe('when Kafka is away', () => {
  it('commands go on, the metrics tell of it, and the backlog drains at once when it returns', async () => {
    await killEngine(path.join(folder, 'engines'), 'kafka');
    const trading = startTrading(client, 'ada');
    await expect.poll(() => trading.acknowledged.length).toBeGreaterThan(200);
    await trading.stop();
    const waiting = await backlog();
    expect(waiting).toBeGreaterThan(350);
    await expect.poll(() => metric('meridian_relay_oldest_unpublished_seconds')).toBeGreaterThan(1);
    await restartEngine(path.join(folder, 'engines'), 'kafka');
    await expect.poll(backlog).toBe(0);
    expect(await metric('meridian_relay_oldest_unpublished_seconds')).toBe(0);
    const [last] = trading.acknowledged.slice(-1);
    const { order } = await client.orders.getOrder({ orderId: last?.orderId ?? '' }, { deadline: 60_000 });
    expect(order?.summary?.orderId).toBe(last?.orderId);
  });
});

describeRegistered(() => client, erasedOn, erased);

describe('the runbook of backup and restore', () => {
  let before: readonly Acknowledged[];
  let after: readonly Acknowledged[];

  it('copies MySQL while orders come in, and more is acknowledged afterwards', async () => {
    const trading = startTrading(client, 'ada');
    await expect.poll(() => trading.acknowledged.length).toBeGreaterThan(100);
    before = [...trading.acknowledged];
    for (const block of runbook(PAGE, 'backup')) await runBlock(block, variables);
    const atTheEnd = trading.acknowledged.length;
    expect(atTheEnd).toBeGreaterThan(before.length);
    await expect.poll(() => trading.acknowledged.length).toBeGreaterThan(atTheEnd + 100);
    await trading.stop();
    after = trading.acknowledged.slice(atTheEnd);
    await client.customers.eraseCustomer({ requestId: randomUUID(), customerId: 'bob' });
    await client.customers.eraseCustomer({ requestId: randomUUID(), customerId: 'dan' });
    await erased.erase(client);
    await register(client, 'carol', 'Carol of before');
    await register(client, 'eve', 'Eve of before');
    await client.customers.eraseCustomer({ requestId: randomUUID(), customerId: 'eve' });
    await expect.poll(backlog).toBe(0);
    const { customer } = await client.customers.getCustomer({ customerId: 'carol' }, { deadline: 60_000 });
    expect(customer?.name).toBe('Carol of before');
  });

  describeErased(erasedOn, erased);

  it('restores that copy, command by command', async () => {
    const blocks = runbook(PAGE, 'restore');
    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) {
      await runBlock(block, variables);
      if (existsSync(variables.LOST)) forgetErasureOf('dan');
    }
    await connect();
  });

  it('has lost nothing that was acknowledged before the copy was begun', async () => {
    const truth = openTruth(stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', stack.names.database);
    const orders = await truth.orders();
    await truth.close();
    expect(before.filter(({ orderId }) => !orders.has(orderId))).toEqual([]);
    // Else the restore would have shown nothing.
    expect(after.filter(({ orderId }) => orders.has(orderId))).toEqual([]);
  });

  it('draws no position again', async () => {
    const highest = after.reduce((most, { position }) => (position > most ? position : most), 0n);
    const { receipt } = await client.orders.placeOrder({
      requestId: randomUUID(),
      orderId: 'first-again',
      customerId: 'ada',
      lines: [{ productId: 'lamp', quantity: 1n }],
    });
    expect(highest).toBeGreaterThan(0n);
    const lowest = highestPosition(receipt) - BigInt(receipt?.token?.entries.length ?? 0) + 1n;
    expect(lowest).toBeGreaterThan(highest);
  });

  it('keeps an erasure of after the copy, and lets a customer who was lost come again', async () => {
    await register(client, 'carol', 'Carol again');
    for (const region of stack.regions) {
      const reader = clientIn(region);
      reader.see(client.token());
      const bob = await reader.customers.getCustomer({ customerId: 'bob' }, { deadline: 60_000 });
      expect(bob.customer).toMatchObject({ name: '', status: CustomerStatus.ERASED });
      const dan = await reader.customers.getCustomer({ customerId: 'dan' }, { deadline: 60_000 });
      expect(dan.customer).toMatchObject({ name: '', status: CustomerStatus.ERASED });
      const carol = await reader.customers.getCustomer({ customerId: 'carol' }, { deadline: 60_000 });
      expect(carol.customer, region).toMatchObject({ name: 'Carol again', status: CustomerStatus.ACTIVE });
      reader.close();
    }
    // Dan's erasure was in no event any more: the region's copies of the keys remember it.
    for (const customerId of ['bob', 'dan']) {
      const update = { requestId: randomUUID(), customerId, name: 'Bob', country: 'France' };
      await expect(client.customers.updateCustomer(update)).rejects.toThrow('erased');
    }
  });

  it('leaves a customer alone who registers anew after an erasure that was lost, also at a repeat', async () => {
    await register(client, 'eve', 'Eve again');
    await shell('meridian journal erase-again "$LOST"');
    const update = { requestId: randomUUID(), customerId: 'eve', name: 'Eve, living', country: 'France' };
    await client.customers.updateCustomer(update);
  });

  it('converges: every region answers what MySQL holds, and nothing of what was lost', async () => {
    const truth = openTruth(stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', stack.names.database);
    const token = await truth.lastToken();
    const sales = await truth.salesByCountry();
    const stock = (await truth.stock()).get('lamp');
    await truth.close();
    for (const region of stack.regions) {
      const reader = clientIn(region);
      reader.see(token);
      const today = new Date();
      const fromDay = new Date(today.getTime() - 86_400_000).toISOString().slice(0, 10);
      const toDay = new Date(today.getTime() + 86_400_000).toISOString().slice(0, 10);
      const { rows } = await reader.sales.getDailySales({ fromDay, toDay }, { deadline: 60_000 });
      const orders = rows.reduce((sum, row) => sum + row.ordersPlaced, 0n);
      const revenueMinor = rows.reduce((sum, row) => sum + (row.revenue?.amountMinor ?? 0n), 0n);
      expect({ orders, revenueMinor }, region).toEqual(sales.get('France'));
      const { availability } = await reader.inventory.getAvailability(
        { productId: 'lamp' },
        { deadline: 60_000 },
      );
      expect(availability, region).toMatchObject({ onHand: stock?.onHand, reserved: stock?.reserved });
      for (const { orderId } of after.slice(0, 20)) {
        const answer = await reader.orders.getOrder({ orderId }).catch(refusalOf);
        expect(answer, region).toMatchObject({ reason: 'ORDER_NOT_FOUND' });
      }
      for (const { orderId } of before.slice(-20))
        expect((await reader.orders.getOrder({ orderId })).order?.summary?.orderId).toBe(orderId);
      reader.close();
    }
  });

  describeRestored(erasedOn, erased);
});
