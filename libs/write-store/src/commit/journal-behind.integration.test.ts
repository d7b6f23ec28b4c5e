import type { MysqlPool } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkJournal,
  createKnownJournal,
  createUnitOfWork,
  fenceJournal,
  JournalBehindError,
  readHead,
  readJournalState,
} from '../index.ts';
import { createProduct } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** What is left after a failover to a MySQL that lacked the newest transactions. */
async function lose(pool: MysqlPool, after: bigint): Promise<void> {
  await pool.queryAll(
    `DELETE FROM product WHERE product_id IN (SELECT aggregate_id FROM journal WHERE position > ?);
     DELETE FROM command_log WHERE first_position > ?; DELETE FROM journal WHERE position > ?;
     UPDATE journal_head SET position = ? WHERE id = 1`,
    [after, after, after, after],
  );
}

const products = (count: number) => Array.from({ length: count }, () => createProduct(randomUUID()));

describe('a journal that goes back', () => {
  it('gives no position twice: a replica that has seen further refuses, until the journal is fenced', async () => {
    const { pool } = store;
    const known = createKnownJournal();
    const unitOfWork = createUnitOfWork({ pool, journal: known });
    await unitOfWork.execute(products(5));
    await lose(pool, 2n);
    const failing = unitOfWork.execute(products(8));
    await expect(failing).rejects.toThrow(JournalBehindError);
    await expect(failing).rejects.toThrow('ends at position 2, and an event at position 5');
    expect(await readHead(pool)).toBe(2n);
    await expect(unitOfWork.execute(products(1))).rejects.toThrow(JournalBehindError);

    // Another replica, or one that has just started, has seen nothing itself.
    const other = createKnownJournal();
    expect(await checkJournal(pool, other)).toBeUndefined();
    expect(await checkJournal(pool, known)).toEqual({ head: 2n, known: 5n });
    expect(await checkJournal(pool, other)).toEqual({ head: 2n, known: 5n });
    await expect(createUnitOfWork({ pool, journal: other }).execute(products(1))).rejects.toThrow(
      JournalBehindError,
    );

    await fenceJournal(pool, { position: 5n, reason: 'a test' });
    expect(await checkJournal(pool, known)).toBeUndefined();
    expect(await checkJournal(pool, other)).toBeUndefined();
    expect(await unitOfWork.execute(products(2))).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
    expect(await readJournalState(pool)).toMatchObject({ head: 7n });
  });

  it('is not seen where there is none: replicas side by side, each with what it knows', async () => {
    const replicas = [store.openPool(), store.openPool()].map((pool) => {
      const journal = createKnownJournal();
      return { pool, journal, unitOfWork: createUnitOfWork({ pool, journal }) };
    });
    const writing = replicas.flatMap(({ pool, journal, unitOfWork }) =>
      Array.from({ length: 20 }, async () => {
        const [outcomes, behind] = await Promise.all([
          unitOfWork.execute(products(3)),
          checkJournal(pool, journal),
        ]);
        expect([behind, outcomes.map(({ kind }) => kind)]).toEqual([
          undefined,
          ['accepted', 'accepted', 'accepted'],
        ]);
      }),
    );
    await Promise.all(writing);
  });
});
