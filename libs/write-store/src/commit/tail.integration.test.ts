import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { releaseClaims } from './tail.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await store.pool.query(
    `INSERT INTO command_log (request_id, fingerprint, command, first_position, answer, accepted_at)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
     SELECT UUID_TO_BIN(UUID()), REPEAT('f', 32), 'CreateProduct', 1, '', UTC_TIMESTAMP(3) FROM n`,
  );
  await store.pool.query('ANALYZE TABLE command_log');
});
afterAll(() => store?.close());

it('finds claims by their primary key, also on a table so small that reading all of it is cheaper', async () => {
  const [statement] = releaseClaims(Array.from({ length: 200 }, () => randomUUID()));
  const { rows } = await store.pool.query(`EXPLAIN FORMAT=TRADITIONAL ${statement?.sql}`, statement?.values);
  expect(rows).toMatchObject([{ type: 'range', key: 'PRIMARY' }]);
});
