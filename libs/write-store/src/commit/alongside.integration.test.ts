import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import { createUnitOfWork, readHead, type UnitOfWork } from '../index.ts';
import { registerCustomer } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  store = await openTestStore();
  unitOfWork = createUnitOfWork({ pool: store.pool });
  await store.pool.query('CREATE TABLE note (of_customer VARCHAR(64) PRIMARY KEY)');
});
afterAll(() => store.close());

/** A registration that notes the customer in a table alongside. */
function noting(customerId: string, table = 'note'): Command {
  const command = registerCustomer(customerId);
  const alongside = [{ sql: `INSERT INTO ${table} VALUES (?)`, values: [customerId] }];
  return { ...command, decide: (copy) => ({ ...command.decide(copy), alongside }) };
}

const notes = async () =>
  (await store.pool.query('SELECT of_customer FROM note ORDER BY 1')).rows.map((row) => row['of_customer']);

it('writes what an accepted command says alongside, once, and nothing of a refused or repeated one', async () => {
  const first = noting('c-1');
  const outcomes = await unitOfWork.execute([first, noting('c-1'), first, noting('c-2')]);
  expect(outcomes).toMatchObject([
    { kind: 'accepted' },
    { kind: 'refused' },
    { kind: 'accepted', replayed: true },
    { kind: 'accepted' },
  ]);
  await unitOfWork.execute([first]);
  expect(await notes()).toEqual(['c-1', 'c-2']);
});

it('records nothing of a command whose writes alongside fail, and spares the others', async () => {
  const head = await readHead(store.pool);
  const outcomes = await unitOfWork.execute([noting('c-3'), noting('c-4', 'no_such_table')]);
  expect(outcomes).toMatchObject([{ kind: 'accepted' }, { kind: 'failed' }]);
  expect(await readHead(store.pool)).toBe(head + 1n);
  expect(await notes()).toEqual(['c-1', 'c-2', 'c-3']);
});
