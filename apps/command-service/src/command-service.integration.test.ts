import { randomUUID } from 'node:crypto';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSystem, type TestReplica, type TestSystem } from './testing/test-system.ts';

const price = { currencyCode: 'GBP', amountMinor: 250n };
const person = { name: 'Ada Lovelace', email: 'ada@example.org', country: 'France' };
let made = 0;
const unique = (prefix: string) => `${prefix}-${++made}`;
const id = () => ({ requestId: randomUUID() });

let system: TestSystem;
let replica: TestReplica;
let other: TestReplica;

beforeAll(async () => {
  system = await openTestSystem();
  replica = await system.start();
  other = await system.start();
});
afterAll(() => system?.close());

/** What a call was refused with; undefined when it was accepted. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const failure = callFailure(error);
    if (!failure) throw error;
    return `${failure.status} ${failure.reason}`;
  }
}

async function product(stock = 100n): Promise<string> {
  const productId = unique('p');
  await replica.catalog.createProduct({ ...id(), productId, name: 'Lamp', price });
  await replica.inventory.receiveStock({ ...id(), receiptId: unique('r'), productId, quantity: stock });
  return productId;
}

async function customer(): Promise<string> {
  const { receipt } = await replica.customers.registerCustomer({ ...id(), ...person });
  return receipt?.aggregateId ?? '';
}

async function placed(quantity = 2n): Promise<{ orderId: string; customerId: string; productId: string }> {
  const [customerId, productId] = [await customer(), await product()];
  const lines = [{ productId, quantity }];
  const { receipt } = await replica.orders.placeOrder({ ...id(), customerId, lines });
  return { orderId: receipt?.aggregateId ?? '', customerId, productId };
}

const ONE_EURO_CENT = { currencyCode: 'EUR', amountMinor: 1n };
const linesOf = (lineNo: number, quantity: bigint) => [{ lineNo, quantity }];

const pay = (orderId: string, amountMinor = 500n) =>
  replica.orders.payOrder({
    ...id(),
    orderId,
    amount: { currencyCode: 'GBP', amountMinor },
    paymentReference: 'card',
  });

async function shipped(): Promise<string> {
  const { orderId } = await placed();
  await pay(orderId);
  await replica.orders.shipOrder({ ...id(), orderId, carrier: 'Post', trackingNumber: 't' });
  return orderId;
}

describe('every command', () => {
  it('is accepted with the version and the token of what it recorded', async () => {
    const productId = await product();
    const priced = await replica.catalog.changePrice({ ...id(), productId, price, expectedVersion: 1n });
    expect(priced.receipt).toMatchObject({ aggregateId: productId, version: 2n, replayed: false });
    const adjusted = await replica.inventory.adjustStock({
      ...id(),
      productId,
      delta: -5n,
      reason: 'broken',
    });
    expect(adjusted.receipt).toMatchObject({ aggregateId: productId, version: 2n });
    const { orderId, customerId } = await placed();
    const updated = await replica.customers.updateCustomer({
      ...id(),
      customerId,
      ...person,
      name: 'Ada L.',
    });
    expect(updated.receipt).toMatchObject({ aggregateId: customerId, version: 2n });
    expect((await pay(orderId)).receipt?.version).toBe(2n);
    const sent = await replica.orders.shipOrder({ ...id(), orderId });
    // The order and the stock that left the house.
    expect(sent.receipt?.token?.entries).toHaveLength(2);
    expect((await replica.orders.deliverOrder({ ...id(), orderId })).receipt?.version).toBe(4n);
    const lines = [{ lineNo: 1, quantity: 1n }];
    expect((await replica.orders.returnItems({ ...id(), orderId, lines })).receipt?.version).toBe(5n);
    const cancelled = await placed();
    const { receipt } = await replica.orders.cancelOrder({
      ...id(),
      orderId: cancelled.orderId,
      reason: 'no',
    });
    expect(receipt?.version).toBe(2n);
    const gone = await replica.catalog.discontinueProduct({ ...id(), productId, reason: 'old' });
    expect(gone.receipt?.version).toBe(3n);
    expect((await replica.customers.eraseCustomer({ ...id(), customerId })).receipt?.version).toBe(3n);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'ALREADY_EXISTS PRODUCT_EXISTS',
      async () => replica.catalog.createProduct({ ...id(), productId: await product(), name: 'x', price }),
    ],
    [
      'NOT_FOUND PRODUCT_NOT_FOUND',
      () => replica.catalog.changePrice({ ...id(), productId: 'nothing', price }),
    ],
    [
      'FAILED_PRECONDITION CURRENCY_MISMATCH',
      async () => replica.catalog.changePrice({ ...id(), productId: await product(), price: ONE_EURO_CENT }),
    ],
    [
      'FAILED_PRECONDITION PRODUCT_DISCONTINUED',
      async () => {
        const productId = await product();
        await replica.catalog.discontinueProduct({ ...id(), productId });
        return replica.catalog.discontinueProduct({ ...id(), productId });
      },
    ],
    [
      'NOT_FOUND PRODUCT_NOT_FOUND',
      () =>
        replica.inventory.receiveStock({ ...id(), receiptId: unique('r'), productId: 'no', quantity: 1n }),
    ],
    [
      'FAILED_PRECONDITION INSUFFICIENT_STOCK',
      async () =>
        replica.inventory.adjustStock({ ...id(), productId: await product(3n), delta: -4n, reason: 'x' }),
    ],
    [
      'ALREADY_EXISTS CUSTOMER_EXISTS',
      async () => replica.customers.registerCustomer({ ...id(), ...person, customerId: await customer() }),
    ],
    [
      'NOT_FOUND CUSTOMER_NOT_FOUND',
      () => replica.customers.updateCustomer({ ...id(), ...person, customerId: 'nobody' }),
    ],
    [
      'FAILED_PRECONDITION CUSTOMER_ERASED',
      async () => {
        const customerId = await customer();
        await replica.customers.eraseCustomer({ ...id(), customerId });
        return replica.customers.updateCustomer({ ...id(), ...person, customerId });
      },
    ],
    [
      'NOT_FOUND CUSTOMER_NOT_FOUND',
      async () =>
        replica.orders.placeOrder({
          ...id(),
          customerId: 'nobody',
          lines: [{ productId: await product(), quantity: 1n }],
        }),
    ],
    [
      'FAILED_PRECONDITION INSUFFICIENT_STOCK',
      async () => {
        const lines = [{ productId: await product(3n), quantity: 4n }];
        return replica.orders.placeOrder({ ...id(), customerId: await customer(), lines });
      },
    ],
    [
      'ALREADY_EXISTS RECEIPT_EXISTS',
      async () => {
        const receipt = { receiptId: unique('r'), productId: await product(), quantity: 1n };
        await replica.inventory.receiveStock({ ...id(), ...receipt });
        return replica.inventory.receiveStock({ ...id(), ...receipt });
      },
    ],
    [
      // Not PRODUCT_DISCONTINUED or CUSTOMER_ERASED: whoever repeats an order has to learn that it is there.
      'ALREADY_EXISTS ORDER_EXISTS',
      async () => {
        const { orderId, customerId, productId } = await placed();
        await replica.catalog.discontinueProduct({ ...id(), productId });
        await replica.customers.eraseCustomer({ ...id(), customerId });
        const lines = [{ productId, quantity: 1n }];
        return replica.orders.placeOrder({ ...id(), orderId, customerId, lines });
      },
    ],
    ['NOT_FOUND ORDER_NOT_FOUND', () => pay('no-order')],
    ['FAILED_PRECONDITION PAYMENT_AMOUNT_MISMATCH', async () => pay((await placed()).orderId, 499n)],
    [
      'FAILED_PRECONDITION ORDER_STATUS_CONFLICT',
      async () => replica.orders.shipOrder({ ...id(), orderId: (await placed()).orderId }),
    ],
    [
      'FAILED_PRECONDITION ORDER_STATUS_CONFLICT',
      async () => replica.orders.cancelOrder({ ...id(), orderId: await shipped(), reason: 'late' }),
    ],
    [
      'FAILED_PRECONDITION RETURN_EXCEEDS_LINE',
      async () => replica.orders.returnItems({ ...id(), orderId: await shipped(), lines: linesOf(1, 3n) }),
    ],
    [
      'NOT_FOUND ORDER_LINE_NOT_FOUND',
      async () => replica.orders.returnItems({ ...id(), orderId: await shipped(), lines: linesOf(2, 1n) }),
    ],
    [
      'ABORTED VERSION_MISMATCH',
      async () =>
        replica.catalog.changePrice({ ...id(), productId: await product(), price, expectedVersion: 7n }),
    ],
    [
      'INVALID_ARGUMENT INVALID_ARGUMENT',
      () => replica.catalog.changePrice({ requestId: 'no uuid', productId: 'p', price }),
    ],
  ])('is refused by a typed error: %s (%#)', async (expected, call) => {
    expect(await refusal(call())).toBe(expected);
  });
});

type WhileHeld = (released: () => Promise<void>) => Promise<void>;

/** Holds a row in MySQL while `use` runs: whatever needs the row waits. */
async function holdingRow(row: string, params: readonly string[], use: WhileHeld): Promise<void> {
  await system.pool.withConnection(async (connection) => {
    await connection.queryAll(`START TRANSACTION; SELECT 1 FROM ${row} FOR UPDATE`, params);
    await use(async () => void (await connection.query('ROLLBACK')));
  });
}

/** Whatever changes the product waits. */
const holding = (productId: string, use: WhileHeld) =>
  holdingRow('product WHERE product_id = ?', [productId], use);

/** Nothing is committed: the group that runs waits for the journal's head, and all others wait for that group. */
const holdingCommits = (use: WhileHeld) => holdingRow('journal_head WHERE id = 1', [], use);

async function waitingForLocks(count: number): Promise<void> {
  const waits = async () => {
    const { rows } = await system.pool.query(
      `SELECT COUNT(DISTINCT w.REQUESTING_ENGINE_TRANSACTION_ID) AS n FROM performance_schema.data_lock_waits w
       JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID
       WHERE l.OBJECT_SCHEMA = DATABASE()`,
    );
    return Number(rows[0]?.n);
  };
  await expect.poll(waits).toBe(count);
}

describe('an expected version', () => {
  it('of stock that does not exist is refused as any other that is wrong', async () => {
    const productId = unique('p');
    await replica.catalog.createProduct({ ...id(), productId, name: 'Lamp', price });
    const adjustment = { productId, delta: 5n, reason: 'found' };
    expect(
      await refusal(replica.inventory.adjustStock({ ...id(), ...adjustment, expectedVersion: 7n })),
    ).toBe('ABORTED VERSION_MISMATCH');
    expect(await refusal(replica.inventory.adjustStock({ ...id(), ...adjustment }))).toBe(undefined);
  });
});

describe('a request id', () => {
  it('with the same content gives the same answer again, on any replica, and changes nothing', async () => {
    const [customerId, productId] = [await customer(), await product()];
    const request = { ...id(), customerId, lines: [{ productId, quantity: 2n }] };
    const first = await replica.orders.placeOrder(request);
    expect(first.receipt?.replayed).toBe(false);
    for (const again of [await replica.orders.placeOrder(request), await other.orders.placeOrder(request)])
      expect(again).toEqual({ ...first, receipt: { ...first.receipt, replayed: true } });
    const { rows } = await system.pool.query('SELECT reserved FROM stock WHERE product_id = ?', [productId]);
    expect(String(rows[0]?.reserved)).toBe('2');
  });

  it('with other content is a conflict, and so is another command', async () => {
    const productId = await product();
    const request = { ...id(), productId, price };
    await replica.catalog.changePrice(request);
    const changed = { ...request, price: { ...price, amountMinor: 251n } };
    expect(await refusal(other.catalog.changePrice(changed))).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
    const { requestId } = request;
    expect(await refusal(replica.catalog.discontinueProduct({ requestId, productId }))).toBe(
      'ALREADY_EXISTS REQUEST_ID_REUSED',
    );
  });

  it('of a refused command is not remembered', async () => {
    const [customerId, productId] = [await customer(), await product(1n)];
    const request = { ...id(), customerId, lines: [{ productId, quantity: 2n }] };
    expect(await refusal(replica.orders.placeOrder(request))).toContain('INSUFFICIENT_STOCK');
    await replica.inventory.receiveStock({ ...id(), receiptId: unique('r'), productId, quantity: 5n });
    expect((await replica.orders.placeOrder(request)).receipt?.replayed).toBe(false);
  });

  it('is answered once for all while the first is in flight on another replica', async () => {
    const productId = await product();
    const request = { ...id(), productId, price: { ...price, amountMinor: 99n } };
    await holding(productId, async (release) => {
      const first = replica.catalog.changePrice(request);
      await waitingForLocks(1);
      const second = other.catalog.changePrice(request);
      await waitingForLocks(2);
      await release();
      const receipts = [(await first).receipt, (await second).receipt];
      expect(receipts.map((receipt) => receipt?.replayed).sort()).toEqual([false, true]);
      expect(receipts[0]).toEqual({ ...receipts[1], replayed: receipts[0]?.replayed });
      expect(receipts[0]?.version).toBe(2n);
    });
  });

  it('with other content is a conflict also while the first is in flight on another replica', async () => {
    const productId = await product();
    const request = { ...id(), productId, price: { ...price, amountMinor: 99n } };
    await holding(productId, async (release) => {
      const first = replica.catalog.changePrice(request);
      await waitingForLocks(1);
      const second = refusal(other.catalog.changePrice({ ...request, price }));
      await waitingForLocks(2);
      await release();
      expect((await first).receipt?.replayed).toBe(false);
      expect(await second).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
    });
  });
});

describe('a command that waits', () => {
  const exists = async (productId: string) => {
    const { rows } = await system.pool.query('SELECT 1 FROM product WHERE product_id = ?', [productId]);
    return rows.length === 1;
  };

  it('does nothing when its caller gives up before it joins a transaction', async () => {
    const [running, late, cancelled] = [await product(), unique('late'), unique('cancelled')];
    await holdingCommits(async (release) => {
      const first = replica.catalog.changePrice({ ...id(), productId: running, price });
      await waitingForLocks(1);
      const abort = new AbortController();
      const gone = replica.catalog
        .createProduct({ ...id(), productId: cancelled, name: 'x', price }, { signal: abort.signal })
        .catch((error: unknown) => String(error));
      const tooLate = refusal(
        replica.catalog.createProduct({ ...id(), productId: late, name: 'x', price }, { deadline: 300 }),
      );
      expect(await tooLate).toContain('DEADLINE_EXCEEDED');
      abort.abort();
      expect(await gone).toContain('Abort');
      // Answered on the same connection, so the service has heard of both before.
      const unnamed = replica.catalog.createProduct({ ...id(), productId: unique('x'), name: '', price });
      expect(await refusal(unnamed)).toContain('INVALID_ARGUMENT');
      await release();
      await first;
    });
    // Whatever was queued with them has been decided by now.
    await product();
    expect([await exists(late), await exists(cancelled)]).toEqual([false, false]);
  });

  it('is done all the same when its caller gives up afterwards, and answers whoever asks again', async () => {
    const productId = await product();
    const request = { ...id(), productId, price: { ...price, amountMinor: 7n } };
    await holding(productId, async (release) => {
      const first = refusal(replica.catalog.changePrice(request, { deadline: 300 }));
      await waitingForLocks(1);
      expect(await first).toContain('DEADLINE_EXCEEDED');
      await release();
    });
    const { receipt } = await other.catalog.changePrice(request);
    expect(receipt).toMatchObject({ replayed: true, version: 2n });
  });

  it('is refused with RESOURCE_EXHAUSTED, and told when to come again, once the queue is full', async () => {
    const small = await system.start({ MERIDIAN_QUEUE_COMMANDS: '2' });
    const held = await product();
    await holding(held, async (release) => {
      const running = small.catalog.changePrice({ ...id(), productId: held, price });
      await waitingForLocks(1);
      const waiting = [unique('p'), unique('p')].map((productId) =>
        small.catalog.createProduct({ ...id(), productId, name: 'x', price }),
      );
      const full = async () =>
        small.customers.registerCustomer({ ...id(), ...person }, { deadline: 400 }).then(
          () => undefined,
          (error: unknown) => error,
        );
      await expect.poll(async () => callFailure(await full())?.reason).toBe('QUEUE_FULL');
      const error = await full();
      expect(callFailure(error)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'QUEUE_FULL' });
      expect(error).toHaveProperty(
        'extra',
        expect.arrayContaining([
          expect.objectContaining({ $type: 'google.rpc.RetryInfo', retryDelay: expect.anything() }),
        ]),
      );
      await release();
      await Promise.all([running, ...waiting]);
    });
  });
});

describe('a Kafka that has lost everything', () => {
  it('is not published to before what it lost is there again, while commands go on', async () => {
    const lonely = await openTestSystem();
    try {
      const first = await lonely.start();
      await first.catalog.createProduct({ ...id(), productId: 'before', name: 'x', price });
      const backlog = async () => {
        const { rows } = await lonely.pool.query(
          'SELECT COUNT(*) AS n FROM journal j JOIN relay_shard r USING (shard) WHERE j.position > r.position',
        );
        return Number(rows[0]?.n);
      };
      await expect.poll(backlog).toBe(0);
      await first.stop();
      const second = await lonely.start({ MERIDIAN_TOPIC_PREFIX: `${lonely.topicPrefix}-new` });
      await second.catalog.createProduct({ ...id(), productId: 'after', name: 'x', price });
      await expect.poll(() => second.said('KafkaLostError')).toBe(true);
      expect(await backlog()).toBe(1);
      await second.stop();
      await lonely.start({
        MERIDIAN_TOPIC_PREFIX: `${lonely.topicPrefix}-new`,
        MERIDIAN_EMPTY_KAFKA: 'accept',
      });
      await expect.poll(backlog).toBe(0);
    } finally {
      await lonely.close();
    }
  });
});
