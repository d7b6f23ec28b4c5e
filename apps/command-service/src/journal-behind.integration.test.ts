import { randomUUID } from 'node:crypto';
import { callFailure } from '@meridian/rpc';
import { fenceJournal, readHead } from '@meridian/write-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSystem, type TestReplica, type TestSystem } from './testing/test-system.ts';

const price = { currencyCode: 'GBP', amountMinor: 250n };

let system: TestSystem;
let replica: TestReplica;

beforeAll(async () => {
  system = await openTestSystem();
  replica = await system.start();
});
afterAll(() => system?.close());

const create = (productId: string) =>
  replica.catalog.createProduct({ requestId: randomUUID(), productId, name: productId, price });

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const answer = await call.catch((error: unknown) => error);
  return callFailure(answer) ?? answer;
}

async function http(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${replica.httpPort}${path}`);
  return { status: answer.status, text: await answer.text() };
}

describe('a database that has lost acknowledged commands while the service runs', () => {
  it('takes no more of them until the journal is fenced, and the service goes on by itself then', async () => {
    for (const productId of ['a', 'b', 'c', 'd']) await create(productId);
    const { pool } = system;
    await pool.queryAll(
      `DELETE FROM product WHERE product_id IN ('c', 'd'); DELETE FROM command_log WHERE first_position > 2;
       DELETE FROM journal WHERE position > 2; UPDATE relay_shard SET position = LEAST(position, 2);
       UPDATE journal_head SET position = 2`,
    );
    expect(await failureOf(create('e'))).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'JOURNAL_BEHIND',
      message: expect.stringContaining('meridian journal fence'),
    });
    expect(await readHead(pool)).toBe(2n);
    await expect.poll(async () => (await http('/readyz')).status).toBe(503);
    expect((await http('/metrics')).text).toMatch(/^meridian_journal_behind_positions(\{.*\})? 2$/m);
    await expect.poll(() => replica.said('the database has lost acknowledged events')).toBe(true);

    await fenceJournal(pool, { position: 4n, reason: 'a test' });
    await expect.poll(() => failureOf(create('f'))).toMatchObject({ receipt: { version: 1n } });
    await expect.poll(async () => (await http('/readyz')).status).toBe(200);
    expect(await readHead(pool)).toBe(5n);
  });
});
