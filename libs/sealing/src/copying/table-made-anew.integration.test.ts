import { changeSchema } from '@meridian/cassandra';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKeyCare, type KeyCare } from '../key-care.ts';
import type { KeyCopier } from '../key-copier.ts';
import { ensureKeyCopies } from '../key-copies.ts';
import { openTestKeys, REGIONS, type TestKeys } from '../testing/test-keys.ts';

let keys: TestKeys;
let care: KeyCare | undefined;
const copiers: KeyCopier[] = [];

beforeEach(async () => {
  keys = await openTestKeys();
  const { pool, schema, ordersSchema } = keys;
  care = await startKeyCare({
    pool,
    schema,
    ordersSchema,
    regions: REGIONS,
    everyMs: 20,
    onForeign: () => undefined,
    onError: () => undefined,
  });
});
afterEach(async () => {
  await Promise.all(copiers.splice(0).map((copier) => copier.stop()));
  await care?.stop();
  await keys?.close();
});

const found = (customerId: string) => keys.copies['us-east'].find(customerId).catch(() => undefined);
const filled = async () => {
  const { rows } = await keys.pool.query('SELECT fill_round FROM key_region WHERE fill_round = 1');
  for (const region of REGIONS) if ((await keys.waiting(region)) > 0) return false;
  return rows.length === 0;
};
/** When the last fill of a region began. */
const beganAt = async (region: string) =>
  (await keys.pool.query('SELECT added_at FROM key_region WHERE region = ?', [region])).rows[0]?.['added_at'];
async function loseTable(): Promise<void> {
  // Older than what the second round of a fill looks at.
  await keys.pool.query(
    'UPDATE customer_key SET created_at = created_at - INTERVAL 1 DAY, destroyed_at = destroyed_at - INTERVAL 1 DAY',
  );
  const { session, keyspace } = keys.copiesIn('us-east');
  await changeSchema(session, [`DROP TABLE ${keyspace}.customer_key`]);
}
const makeTable = () => ensureKeyCopies(keys.copiesIn('us-east').session, keys.copiesIn('us-east').keyspace);

it('copies every key and destruction again to a region whose table was made anew', async () => {
  const key = await keys.register('ada');
  await keys.register('bob');
  await keys.store.destroy('bob');
  for (let n = 1; n <= 2; n++) copiers.push(keys.startCopier({ tableEveryMs: 20 }));
  await expect.poll(filled).toBe(true);
  const elsewhere = await beganAt('eu-west');
  await loseTable();
  await makeTable();
  await expect.poll(() => found('ada')).toEqual({ kind: 'present', key });
  await expect.poll(() => found('bob')).toEqual({ kind: 'destroyed' });
  await expect.poll(filled).toBe(true);
  expect(await beganAt('eu-west'), 'the other region keeps what it has').toEqual(elsewhere);
});

it('finds at its start that the table was made anew while nobody ran', async () => {
  const key = await keys.register('ada');
  const before = keys.startCopier();
  await expect.poll(filled).toBe(true);
  await before.stop();
  await loseTable();
  await makeTable();
  copiers.push(keys.startCopier());
  await expect.poll(() => found('ada')).toEqual({ kind: 'present', key });
});
