import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fenceJournal } from '../journal/journal-fence.ts';
import { readHead } from '../journal/journal.ts';
import { createProduct, payOrder, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { createUnitOfWork } from '../commit/unit-of-work.ts';
import { verifyJournal, type VerifyReport } from './verify-journal.ts';

const ORDERS = 20;
const ROUNDS = 15;

/** A small shop: 5 products, 3 customers, 20 orders of which half are paid; one product is in all of them. */
async function trade({ pool }: TestStore): Promise<void> {
  const unitOfWork = createUnitOfWork({ pool });
  const products = Array.from({ length: 5 }, (_, n) => `p-${n}`);
  const orders = Array.from({ length: ORDERS }, (_, n) => `o-${n}`);
  const commands = [
    ...['c-0', 'c-1', 'c-2'].map(registerCustomer),
    ...products.map(createProduct),
    ...products.map((id) => receiveStock(id, 100n, `r-${id}`)),
    ...orders.map((id, n) =>
      placeOrder(id, `c-${n % 3}`, [
        ['p-0', 1n],
        [`p-${1 + (n % 4)}`, 2n],
      ]),
    ),
    ...orders.slice(0, ORDERS / 2).map((id) => payOrder(id, 300n)),
  ];
  const outcomes = await unitOfWork.execute(commands);
  expect(outcomes.map(({ kind }) => kind)).toEqual(commands.map(() => 'accepted'));
}

describe('verifying the journal', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
    await trade(store);
  });
  afterAll(() => store?.close());

  const verify = (more: object = {}) => verifyJournal({ pool: store.pool, ...more });
  const kinds = ({ violations }: VerifyReport) =>
    violations.map(({ kind, subject }) => `${kind} ${subject}`).sort();

  /** Breaks something, verifies, and mends it again. */
  async function afterBreaking(breakIt: string, mendIt: string): Promise<VerifyReport> {
    await store.pool.queryAll(breakIt);
    const report = await verify();
    await store.pool.queryAll(mendIt);
    expect(kinds(await verify())).toEqual([]);
    return report;
  }

  it('finds nothing wrong with what the write store wrote, in reads of any size', async () => {
    for (const eventsPerRead of [1, 2, 7, 1_000]) {
      const report = await verify({ eventsPerRead });
      expect(report.violations).toEqual([]);
      expect(report).toMatchObject({ head: 83n, events: 83, aggregates: 33, commands: 43, fences: [] });
    }
  });

  it('finds an event that is gone: its position, its version, and the answer that named it', async () => {
    await store.pool.query('CREATE TABLE kept AS SELECT * FROM journal WHERE position = 20');
    const report = await afterBreaking(
      'DELETE FROM journal WHERE position = 20',
      'INSERT INTO journal SELECT * FROM kept; DROP TABLE kept',
    );
    expect(kinds(report)).toEqual([
      expect.stringMatching(/^command-without-events request /),
      'position-missing position 20',
      expect.stringMatching(/^version-missing stock\/p-/),
    ]);
  });

  it('finds the newest event of an aggregate gone, where no version is missing', async () => {
    const head = await readHead(store.pool);
    await store.pool.query('CREATE TABLE kept AS SELECT * FROM journal WHERE position = ?', [head]);
    const report = await afterBreaking(
      `DELETE FROM journal WHERE position = ${head}`,
      'INSERT INTO journal SELECT * FROM kept; DROP TABLE kept',
    );
    expect(kinds(report)).toEqual([
      expect.stringMatching(/^command-without-events request /),
      `position-missing position ${head}`,
      'state-different order/o-9',
    ]);
    expect(report.violations.at(-2)?.description).toContain('version is "2", its events say "1"');
  });

  it.each([
    [
      'a changed amount',
      "UPDATE stock SET reserved = reserved - 1 WHERE product_id = 'p-0'",
      "UPDATE stock SET reserved = reserved + 1 WHERE product_id = 'p-0'",
      'state-different stock/p-0',
      'reserved is "19", its events say "20"',
    ],
    [
      'a changed line',
      "UPDATE order_line SET returned_quantity = 1 WHERE order_id = 'o-3' AND line_no = 2",
      "UPDATE order_line SET returned_quantity = 0 WHERE order_id = 'o-3' AND line_no = 2",
      'state-different order/o-3',
      'lines is',
    ],
    [
      'changed personal data, without saying it',
      "UPDATE customer SET sealed_name = 'secret' WHERE customer_id = 'c-1'",
      "UPDATE customer SET sealed_name = 'sealed' WHERE customer_id = 'c-1'",
      'state-different customer/c-1',
      'personalData differs',
    ],
    [
      'a row that nobody made',
      "INSERT INTO product VALUES ('p-00', 'Ghost', 'GBP', 1, FALSE, 1)",
      "DELETE FROM product WHERE product_id = 'p-00'",
      'state-unfounded product/p-00',
      'no event',
    ],
    [
      'a goods receipt that was not booked',
      "DELETE FROM stock_receipt WHERE receipt_id = 'r-p-3'",
      "INSERT INTO stock_receipt VALUES ('r-p-3', 'p-3')",
      'receipts-different stock/p-3',
      'r-p-3',
    ],
    [
      'an event in another shard',
      'UPDATE journal SET shard = (shard + 1) % 12 WHERE position = 5',
      'UPDATE journal SET shard = (shard + 11) % 12 WHERE position = 5',
      'shard-wrong product/p-1',
      'position 5 is in shard',
    ],
    [
      'an event that cannot be read',
      "UPDATE journal SET payload = CONCAT(0xff, payload) WHERE aggregate_id = 'o-1' AND aggregate_version = 1",
      "UPDATE journal SET payload = SUBSTR(payload, 2) WHERE aggregate_id = 'o-1' AND aggregate_version = 1",
      'event-impossible order/o-1',
      'OrderPlaced at position',
    ],
  ])('finds %s', async (_name, breakIt, mendIt, expected, description) => {
    const report = await afterBreaking(breakIt, mendIt);
    expect(kinds(report)).toEqual([expected]);
    expect(report.violations[0]?.description).toContain(description);
    expect(JSON.stringify(report.violations)).not.toContain('secret');
  });

  it('finds an order whose row is gone', async () => {
    await store.pool.queryAll(
      `CREATE TABLE kept AS SELECT * FROM orders WHERE order_id = 'o-5';
       CREATE TABLE kept_lines AS SELECT * FROM order_line WHERE order_id = 'o-5'`,
    );
    const report = await afterBreaking(
      "DELETE FROM order_line WHERE order_id = 'o-5'; DELETE FROM orders WHERE order_id = 'o-5'",
      `INSERT INTO orders SELECT * FROM kept; INSERT INTO order_line SELECT * FROM kept_lines;
       DROP TABLE kept; DROP TABLE kept_lines`,
    );
    expect(kinds(report)).toEqual(['state-missing order/o-5']);
  });

  it('counts all that is wrong, and tells of the first so many', async () => {
    await store.pool.query('UPDATE product SET price_minor = price_minor + 1');
    const report = await verify({ maxViolations: 2 });
    expect(report.violations).toHaveLength(2);
    expect(report.counts).toEqual(new Map([['state-different', 5]]));
    await store.pool.query('UPDATE product SET price_minor = price_minor - 1');
  });

  it('is not misled by commands that run meanwhile', async () => {
    const unitOfWork = createUnitOfWork({ pool: store.openPool() });
    let over = false;
    const trading = (async () => {
      for (let n = 0; !over; n++)
        await unitOfWork.execute([receiveStock('p-0', 2n), placeOrder(`live-${n}`, 'c-0', [['p-0', 1n]])]);
    })();
    for (let round = 0; round < ROUNDS; round++)
      expect((await verify({ eventsPerRead: 10 })).violations).toEqual([]);
    over = true;
    await trading;
  });

  it('knows the positions that were given up, and no others', async () => {
    const head = await readHead(store.pool);
    await fenceJournal(store.pool, { position: head + 100n, reason: 'restored' });
    await createUnitOfWork({ pool: store.pool }).execute([createProduct('after-the-fence')]);
    const report = await verify();
    expect(report.violations).toEqual([]);
    expect(report).toMatchObject({ head: head + 101n, fences: [{ firstPosition: head + 1n }] });
    await store.pool.query('UPDATE journal SET position = ? WHERE position = ?', [head + 50n, head + 101n]);
    expect(kinds(await verify())).toEqual([
      expect.stringMatching(/^command-without-events/),
      `position-fenced position ${head + 50n}`,
      `position-missing position ${head + 101n}`,
    ]);
  });
});
