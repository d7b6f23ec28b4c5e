import type { EventEnvelope } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigintOf } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import {
  createUnitOfWork,
  purgeCommandLog,
  readHead,
  readJournal,
  type CommittedEvents,
  type UnitOfWork,
} from '../index.ts';
import { createProduct, payOrder, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { cancelOrderOf, returnAllOf, shipOrderOf } from '../testing/order-life.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  store = await openTestStore();
  unitOfWork = createUnitOfWork({ pool: store.pool });
});
afterAll(() => store.close());

const unique = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

async function kindsOf(commands: readonly Command[]) {
  return (await unitOfWork.execute(commands)).map((outcome) =>
    outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind,
  );
}

async function stocked(onHand: bigint): Promise<{ customer: string; product: string }> {
  const customer = unique('c');
  const product = unique('p');
  const setUp = [registerCustomer(customer), createProduct(product), receiveStock(product, onHand)];
  expect(await kindsOf(setUp)).toEqual(['accepted', 'accepted', 'accepted']);
  return { customer, product };
}

async function stockOf(product: string) {
  const { rows } = await store.pool.execute('SELECT * FROM stock WHERE product_id = ?', [product]);
  return { onHand: bigintOf(rows[0]!, 'on_hand'), reserved: bigintOf(rows[0]!, 'reserved') };
}

async function isLogged(command: Command): Promise<boolean> {
  const { rows } = await store.pool.query('SELECT 1 FROM command_log WHERE request_id = UUID_TO_BIN(?)', [
    command.requestId,
  ]);
  return rows.length > 0;
}

describe('a unit of work', () => {
  it('saves state, journal and command log together and names the position of every event', async () => {
    const { customer, product } = await stocked(10n);
    const head = await readHead(store.pool);
    const order = unique('o');
    const [outcome] = await unitOfWork.execute([placeOrder(order, customer, [[product, 3n]])]);
    expect(outcome).toEqual({
      kind: 'accepted',
      aggregateId: order,
      version: 1n,
      answer: Buffer.from('answer'),
      replayed: false,
      positions: new Map([
        [`inventory/${shardOf(product)}`, head + 1n],
        [`orders/${shardOf(order)}`, head + 2n],
      ]),
    });
    expect(await stockOf(product)).toEqual({ onHand: 10n, reserved: 3n });
    const events = await readJournal({ pool: store.pool, afterPosition: head, limit: 10 });
    expect(events.map(({ type, position, version }) => [type, position, version])).toEqual([
      ['StockReserved', head + 1n, 2n],
      ['OrderPlaced', head + 2n, 1n],
    ]);
  });

  it('hands over what each transaction added to the journal, the same that reading it gives', async () => {
    const { customer, product } = await stocked(10n);
    const handed: CommittedEvents[] = [];
    const told = createUnitOfWork({ pool: store.pool, onCommitted: (committed) => handed.push(committed) });
    const head = await readHead(store.pool);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
    const first = { ...placeOrder(unique('o'), customer, [[product, 3n]]), traceparent, actor: 'somebody' };
    const tooMany = placeOrder(unique('o'), customer, [[product, 300n]]);
    await told.execute([first, tooMany, placeOrder(unique('o'), customer, [[product, 1n]])]);
    await told.execute([first]);
    await told.execute([tooMany]);
    expect(handed.map(({ afterPosition, events }) => [afterPosition, events.length])).toEqual([[head, 4]]);
    const plain = (event: EventEnvelope) => ({ ...event, payload: Buffer.from(event.payload) });
    const stored = await readJournal({ pool: store.pool, afterPosition: head, limit: 10 });
    expect(handed[0]?.events.map(plain)).toEqual(stored.map(plain));
    expect(stored[0]).toMatchObject({ traceparent, actor: 'somebody' });
  });

  it('answers a repeat as it did before and changes nothing', async () => {
    const { customer, product } = await stocked(10n);
    const command = placeOrder(unique('o'), customer, [[product, 3n]]);
    const [first] = await unitOfWork.execute([command]);
    const head = await readHead(store.pool);
    const [again] = await unitOfWork.execute([{ ...command, requestId: command.requestId.toUpperCase() }]);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await readHead(store.pool)).toBe(head);
    expect(await stockOf(product)).toEqual({ onHand: 10n, reserved: 3n });
  });

  it('answers a request id with other content by a conflict, in the same group too', async () => {
    const { requestId, ...first } = createProduct(unique('p'));
    const other = { ...createProduct(unique('p')), requestId };
    const repeat = { ...first, requestId };
    expect(await kindsOf([repeat, other, repeat])).toEqual(['accepted', 'conflict', 'accepted']);
    expect(await kindsOf([other, repeat])).toEqual(['conflict', 'accepted']);
  });

  it('remembers what was accepted under a request id, not what was refused under it in the same group', async () => {
    const { customer, product } = await stocked(10n);
    const { requestId, ...refused } = placeOrder(unique('o'), customer, [[product, 11n]]);
    const accepted = { ...receiveStock(product, 5n), requestId };
    expect(await kindsOf([{ ...refused, requestId }, accepted])).toEqual(['INSUFFICIENT_STOCK', 'accepted']);
    const [again] = await unitOfWork.execute([accepted]);
    expect(again).toMatchObject({ kind: 'accepted', replayed: true, aggregateId: product });
    expect(await kindsOf([{ ...refused, requestId }])).toEqual(['conflict']);
    const { rows } = await store.pool.query(
      'SELECT command FROM command_log WHERE request_id = UUID_TO_BIN(?)',
      [requestId],
    );
    expect(rows).toEqual([{ command: accepted.name }]);
  });

  it('undoes a refused command, remembers nothing of it, and harms no neighbour', async () => {
    const { customer, product } = await stocked(10n);
    const other = await stocked(1n);
    // The first line is reserved before the second is found short: the reservation must go again.
    const tooMuch = placeOrder(unique('o'), customer, [
      [product, 4n],
      [other.product, 2n],
    ]);
    const fits = placeOrder(unique('o'), customer, [[product, 10n]]);
    expect(await kindsOf([tooMuch, fits])).toEqual(['INSUFFICIENT_STOCK', 'accepted']);
    expect(await stockOf(product)).toEqual({ onHand: 10n, reserved: 10n });
    expect([await isLogged(tooMuch), await isLogged(fits)]).toEqual([false, true]);
    await unitOfWork.execute([receiveStock(other.product, 5n), receiveStock(product, 5n)]);
    expect(await kindsOf([tooMuch])).toEqual(['accepted']);
  });

  it('lets the commands of one group see each other', async () => {
    const customer = unique('c');
    const product = unique('p');
    const order = unique('o');
    const commands = [
      registerCustomer(customer),
      createProduct(product),
      receiveStock(product, 3n),
      placeOrder(order, customer, [[product, 2n]]),
      payOrder(order, 200n),
      placeOrder(unique('o'), customer, [[product, 2n]]),
    ];
    const kinds = await kindsOf(commands);
    expect(kinds).toEqual([...Array<string>(5).fill('accepted'), 'INSUFFICIENT_STOCK']);
    expect(await kindsOf([payOrder(order, 200n)])).toEqual(['ORDER_STATUS_CONFLICT']);
  });

  it('moves orders and stock without a lock on products and customers, which are locked first', async () => {
    const { customer, product } = await stocked(10n);
    const orders = [unique('o'), unique('o')].map((orderId) => ({
      orderId,
      products: [[product, 2n]] as const,
    }));
    const [kept, cancelled] = [orders[0]!, orders[1]!];
    await kindsOf(orders.map(({ orderId, products }) => placeOrder(orderId, customer, products)));
    await store.pool.withConnection(async (holder) => {
      await holder.queryAll(
        `START TRANSACTION; SELECT 1 FROM customer WHERE customer_id = ? FOR UPDATE;
         SELECT 1 FROM product WHERE product_id = ? FOR UPDATE`,
        [customer, product],
      );
      const steps = [
        [payOrder(kept.orderId, 200n), cancelOrderOf(cancelled)],
        [shipOrderOf(kept)],
        [returnAllOf(kept)],
      ];
      for (const step of steps) expect(await kindsOf(step)).toEqual(step.map(() => 'accepted'));
      await holder.query('ROLLBACK');
    });
    expect(await stockOf(product)).toEqual({ onHand: 10n, reserved: 0n });
    const { rows } = await store.pool.query(
      'SELECT returned_quantity FROM order_line WHERE order_id IN (?)',
      [orders.map(({ orderId }) => orderId)],
    );
    expect(rows.map((row) => bigintOf(row, 'returned_quantity')).sort()).toEqual([0n, 2n]);
  });

  it('books a goods receipt once', async () => {
    const { product } = await stocked(1n);
    const [first, second] = [receiveStock(product, 5n, 'r-1'), receiveStock(product, 5n, 'r-1')];
    expect(await kindsOf([first, second])).toEqual(['accepted', 'RECEIPT_EXISTS']);
    expect(await kindsOf([second])).toEqual(['RECEIPT_EXISTS']);
    expect(await stockOf(product)).toEqual({ onHand: 6n, reserved: 0n });
  });

  it('isolates a command whose error stays, whether its code or the database throws it', async () => {
    const { customer, product } = await stocked(100n);
    const throwing: Command = {
      ...createProduct(unique('p')),
      decide: () => {
        throw new Error('a mistake');
      },
    };
    const tooLong: Command = { ...createProduct(unique('p')), actor: 'x'.repeat(500) };
    const orders = Array.from({ length: 6 }, () => placeOrder(unique('o'), customer, [[product, 1n]]));
    const outcomes = await kindsOf([...orders.slice(0, 2), tooLong, ...orders.slice(2), throwing]);
    expect(outcomes).toEqual([
      'accepted',
      'accepted',
      'failed',
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'failed',
    ]);
    expect(await stockOf(product)).toEqual({ onHand: 100n, reserved: 6n });
    expect([await isLogged(throwing), await isLogged(tooLong)]).toEqual([false, false]);
  });

  it('is backed by a CHECK: no writer can promise stock twice', async () => {
    const { product } = await stocked(3n);
    const update = store.pool.query('UPDATE stock SET reserved = 4 WHERE product_id = ?', [product]);
    await expect(update).rejects.toThrow('stock_never_promised_twice');
  });

  it('forgets accepted commands after their time, in small pieces', async () => {
    const commands = Array.from({ length: 7 }, () => createProduct(unique('p')));
    await unitOfWork.execute(commands);
    const kept = createProduct(unique('p'));
    await unitOfWork.execute([kept]);
    const ids = commands.map(({ requestId }) => requestId);
    await store.pool.query(
      `UPDATE command_log SET accepted_at = accepted_at - INTERVAL 8 DAY
       WHERE BIN_TO_UUID(request_id) IN (?)`,
      [ids],
    );
    expect(await purgeCommandLog(store.pool, { pieceSize: 3 })).toBe(7);
    expect([await isLogged(commands[0]!), await isLogged(kept)]).toEqual([false, true]);
  });
});
