import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeCommandLog } from '../index.ts';
import { createProduct } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { createUnitOfWork } from '../commit/unit-of-work.ts';

const OLD = 3_000;

describe('purging the command log', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
    await store.pool.query(
      `INSERT INTO command_log (request_id, fingerprint, command, first_position, answer, accepted_at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       SELECT UUID_TO_BIN(UUID()), REPEAT('f', 32), 'CreateProduct', 1, '', UTC_TIMESTAMP(3) - INTERVAL 8 DAY
       FROM n, (SELECT 1 UNION SELECT 2 UNION SELECT 3) AS three`,
    );
  });
  afterAll(() => store?.close());

  const countOld = async () => {
    const { rows } = await store.pool.query(
      'SELECT COUNT(*) AS n FROM command_log WHERE accepted_at < UTC_TIMESTAMP(3) - INTERVAL 7 DAY',
    );
    return Number(rows[0]?.n);
  };

  it('holds up no command, however long a piece takes', async () => {
    const unitOfWork = createUnitOfWork({ pool: store.openPool(), maxAttempts: 1 });
    await store.pool.withConnection(async (connection) => {
      // All pieces in one transaction that stays open: the worst that a piece can do.
      await connection.query('START TRANSACTION');
      expect(await purgeCommandLog(connection, { pieceSize: 500 })).toBe(OLD);
      const commands = Array.from({ length: 200 }, (_, n) => createProduct(`p-${n}`));
      // One attempt: a command that had to wait for a lock of the purge would fail.
      const outcomes = await unitOfWork.execute(commands);
      expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
      await connection.query('ROLLBACK');
    });
    expect(await countOld()).toBe(OLD);
  });

  it('goes piece by piece, and stops between two when told to', async () => {
    const stopped = new AbortController();
    const pieces: number[] = [];
    const watched = {
      query: async (...args: Parameters<TestStore['pool']['query']>) => {
        const result = await store.pool.query(...args);
        pieces.push(result.affectedRows);
        if (pieces.length === 2) stopped.abort();
        return result;
      },
    };
    expect(await purgeCommandLog(watched, { pieceSize: 500, signal: stopped.signal })).toBe(1_000);
    expect(pieces).toEqual([500, 500]);
    expect(await countOld()).toBe(OLD - 1_000);
    expect(await purgeCommandLog(store.pool, { pieceSize: 700 })).toBe(OLD - 1_000);
    expect(await countOld()).toBe(0);
    expect((await store.pool.query('SELECT 1 FROM command_log')).rows).toHaveLength(200);
  });
});
