import type { MysqlConnection, Value } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import type { CommandResult } from '../command/outcome.ts';
import { createCommandQueue, createUnitOfWork, StoreBusyError, type CommandQueue } from '../index.ts';
import { createProduct, payOrder, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;
let queue: CommandQueue;

const newQueue = (heldMs?: number) =>
  createCommandQueue({
    unitOfWork: createUnitOfWork({ pool: store.openPool() }),
    maxCommands: 256,
    maxQueued: 1_000,
    ...(heldMs === undefined ? {} : { maxHeldMs: heldMs }),
  });

beforeAll(async () => {
  store = await openTestStore();
  const setUp = ['free', 'held', 'other'].flatMap((id) => [createProduct(id), receiveStock(id, 1_000n)]);
  const customers = Array.from({ length: 40 }, (_, n) => registerCustomer(`c-${n}`));
  await createUnitOfWork({ pool: store.pool }).execute([...customers, ...setUp]);
});
afterAll(() => store.close());
beforeEach(() => {
  queue = newQueue();
});

/** Holds rows by `sql` in a transaction of another connection while `use` runs, as a frozen replica or a shell would. */
async function holding(
  use: (connection: MysqlConnection) => Promise<void>,
  sql = "SELECT 1 FROM stock WHERE product_id = 'held' FOR UPDATE",
  values: readonly Value[] = [],
): Promise<void> {
  await store.pool.withConnection(async (connection) => {
    await connection.queryAll(`START TRANSACTION; ${sql}`, values);
    await use(connection);
    await connection.query('ROLLBACK');
  });
}

const NEW = 'not-committed';
const INSERT_ORDER = `INSERT INTO orders VALUES ('${NEW}', 'c-39', 'France', 'GBP', 'placed', NOW(), NOW(), 1, '', 1)`;

const order = (n: number, product: string, id: string = randomUUID()) =>
  placeOrder(id, `c-${n}`, [[product, 1n]]);

/** Submits commands together; answers when each is answered, and says which are not yet. */
function submitAll(commands: readonly Command[]) {
  const open = new Set(commands);
  const answers = commands.map((command) =>
    queue.submit(command).finally(() => {
      open.delete(command);
    }),
  );
  const outcomes = Promise.all(answers.map((answer) => answer.catch((error: unknown) => error)));
  return { outcomes, answers, isOpen: (command: Command) => open.has(command) };
}

const kinds = (results: readonly unknown[]) =>
  results.map((result) => (result instanceof Error ? result.name : (result as CommandResult).kind));

describe('a row that another transaction holds', () => {
  it('holds up only commands that need it, also within a group, and these get it once it is free', async () => {
    const needing = [order(0, 'held'), order(1, 'held')];
    const others = Array.from({ length: 20 }, (_, n) => order(n + 2, 'free'));
    const all: Promise<CommandResult>[] = [];
    await holding(async () => {
      // The first goes alone; the rest is one group.
      const sent = submitAll([order(30, 'free'), needing[0]!, ...others, needing[1]!]);
      expect(kinds(await Promise.all(sent.answers.slice(2, -1)))).toEqual(others.map(() => 'accepted'));
      // The row is known to be held now.
      const later = submitAll([order(31, 'held'), order(32, 'free'), order(33, 'other')]);
      expect(kinds(await Promise.all(later.answers.slice(1)))).toEqual(['accepted', 'accepted']);
      expect(needing.map((command) => sent.isOpen(command))).toEqual([true, true]);
      expect(queue.held()).toBe(3);
      all.push(...sent.answers, ...later.answers);
    });
    expect(kinds(await Promise.all(all))).toEqual(all.map(() => 'accepted'));
    expect(queue.held()).toBe(0);
  });

  it('is given to those who wait for it in the order in which they came', async () => {
    const id = randomUUID();
    const placed = order(0, 'free', id);
    await queue.submit(placed);
    const results: string[] = [];
    const answers: Promise<unknown>[] = [];
    await holding(
      async () => {
        const submit = (name: string, command: Command) =>
          answers.push(queue.submit(command).then(({ kind }) => results.push(`${name} ${kind}`)));
        submit('paid', payOrder(id, 100n));
        await expect.poll(() => queue.held()).toBe(1);
        submit('paid again', payOrder(id, 100n));
        submit('and again', payOrder(id, 100n));
        expect(queue.held()).toBe(3);
      },
      'SELECT 1 FROM orders WHERE order_id = ? FOR UPDATE',
      [id],
    );
    await Promise.all(answers);
    expect(results).toEqual(['paid accepted', 'paid again refused', 'and again refused']);
  });

  it.each([
    ['a customer', "SELECT 1 FROM customer WHERE customer_id = 'c-0' FOR UPDATE", 0],
    ['a product, for reading', "SELECT 1 FROM product WHERE product_id = 'held' FOR SHARE", 1],
    ['an order that is not committed yet', INSERT_ORDER, 2],
    ['stock that was deleted, which is not committed yet', "DELETE FROM stock WHERE product_id = 'held'", 3],
  ])('may be %s', async (_name, sql, index) => {
    const needing = placeOrder(index === 2 ? NEW : randomUUID(), 'c-0', [['held', 1n]]);
    const answer: Promise<CommandResult>[] = [];
    await holding(async () => {
      const sent = submitAll([order(30, 'free'), needing, order(31, 'free')]);
      answer.push(sent.answers[1]!);
      expect(kinds([await sent.answers[0], await sent.answers[2]])).toEqual(['accepted', 'accepted']);
      expect(sent.isOpen(needing)).toBe(true);
    }, sql);
    await answer[0];
  });

  it('may be the claim of a frozen replica’s request: a repeat waits, and is answered like the first', async () => {
    const repeated = order(0, 'free');
    const answer: Promise<CommandResult>[] = [];
    await holding(
      async () => {
        const sent = submitAll([order(30, 'free'), repeated, order(31, 'free')]);
        answer.push(sent.answers[1]!);
        expect(kinds([await sent.answers[0], await sent.answers[2]])).toEqual(['accepted', 'accepted']);
        expect(sent.isOpen(repeated)).toBe(true);
      },
      `INSERT INTO command_log (request_id, fingerprint, command, accepted_at)
       VALUES (UUID_TO_BIN(?), REPEAT('x', 32), 'PlaceOrder', NOW())`,
      [repeated.requestId],
    );
    expect(await answer[0]).toMatchObject({ kind: 'accepted', replayed: false });
  });

  it('fails those who need it by a name when their time is up, and they may come again', async () => {
    queue = newQueue(300);
    const needing = order(0, 'held');
    await holding(async () => {
      await expect(queue.submit(needing)).rejects.toThrow(StoreBusyError);
      await expect(queue.submit(order(1, 'held'))).rejects.toThrow(StoreBusyError);
      expect((await queue.submit(order(2, 'free'))).kind).toBe('accepted');
    });
    expect(await queue.submit(needing)).toMatchObject({ kind: 'accepted', replayed: false });
  });

  it('lets a caller go who waits for it, and a queue drain once time is up', async () => {
    queue = newQueue(300);
    const gone = new AbortController();
    await holding(async () => {
      const waiting = queue.submit(order(0, 'held'), gone.signal);
      await expect.poll(() => queue.held()).toBe(1);
      gone.abort(new Error('gone'));
      await expect(waiting).rejects.toThrow('gone');
      expect(queue.held()).toBe(0);
      const left = queue.submit(order(1, 'held')).catch((error: unknown) => error);
      await queue.drain();
      expect(await left).toBeInstanceOf(StoreBusyError);
    });
  });
});
