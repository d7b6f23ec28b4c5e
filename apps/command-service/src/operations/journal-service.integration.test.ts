import { randomUUID } from 'node:crypto';
import {
  Context,
  fromJournalEvent,
  type ReadJournalRequest,
  type ReadJournalResponse,
} from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { callFailure, Metadata } from '@meridian/rpc';
import { fenceJournal, readJournal } from '@meridian/write-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSystem, type TestReplica, type TestSystem } from '../testing/test-system.ts';

const EVENTS = 1_300;

describe('the journal over gRPC', () => {
  let system: TestSystem;
  let replica: TestReplica;

  beforeAll(async () => {
    system = await openTestSystem();
    replica = await system.start({ MERIDIAN_JOURNAL_READERS: '2', MERIDIAN_RELAY: 'off' });
    const price = { currencyCode: 'GBP', amountMinor: 100n };
    const create = (n: number) =>
      replica.catalog.createProduct({
        requestId: randomUUID(),
        productId: `p-${n}`,
        name: 'x'.repeat(200),
        price,
      });
    for (let n = 0; n < EVENTS; n += 100)
      await Promise.all(Array.from({ length: 100 }, (_, i) => create(n + i)));
  });
  afterAll(() => system?.close());

  async function read(request: Partial<ReadJournalRequest> = {}): Promise<ReadJournalResponse[]> {
    const answers: ReadJournalResponse[] = [];
    for await (const answer of replica.journal.readJournal(request)) answers.push(answer);
    return answers;
  }
  const eventsOf = (answers: readonly ReadJournalResponse[]) =>
    answers.flatMap(({ events }) => events.map((event) => fromJournalEvent(event)));
  const stored = () => readJournal({ pool: system.pool, afterPosition: 0n, limit: 10_000 });

  it('gives every event as it is stored, in order, and says where it ends', async () => {
    const answers = await read();
    expect(eventsOf(answers)).toEqual(await stored());
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.at(-1)).toMatchObject({ readTo: BigInt(EVENTS), untilPosition: BigInt(EVENTS) });
  });

  it('gives a part, of some shards, and no more than asked for', async () => {
    const all = await stored();
    const shards = [3, 7];
    const expected = all.filter(
      ({ position, shard }) => position >= 100n && position <= 900n && shards.includes(shard),
    );
    expect(expected.length).toBeGreaterThan(50);
    const answers = await read({ fromPosition: 100n, untilPosition: 900n, shards });
    expect(eventsOf(answers)).toEqual(expected);
    expect(answers.at(-1)?.readTo).toBe(900n);
    const limited = await read({ fromPosition: 100n, limit: 20n, shards });
    expect(eventsOf(limited)).toEqual(expected.slice(0, 20));
    expect(limited.at(-1)?.readTo).toBe(expected[19]?.position);
  });

  it('is taken up again where it broke, whatever the chunk', async () => {
    const seen: bigint[] = [];
    let next = 1n;
    while (next <= BigInt(EVENTS)) {
      for await (const { events, readTo } of replica.journal.readJournal({
        fromPosition: next,
        shards: [1, 2],
      })) {
        seen.push(...events.map(({ position }) => position));
        next = readTo + 1n;
        break;
      }
    }
    const expected = (await stored()).filter(({ shard }) => shard === 1 || shard === 2);
    expect(seen).toEqual(expected.map(({ position }) => position));
  });

  it('gives the events of some contexts, and says how far the others were passed over', async () => {
    const { pool } = system;
    const others = await pool.query('SELECT MAX(position) AS head FROM journal');
    const head = BigInt(String(others.rows[0]?.['head']));
    const stocked = await read({ contexts: [Context.INVENTORY] });
    expect(eventsOf(stocked)).toEqual([]);
    expect(stocked.at(-1)).toMatchObject({ readTo: head, untilPosition: head });
    const catalog = await read({
      contexts: [Context.CATALOG, Context.ORDERS],
      shards: [3, 7],
      fromPosition: 40n,
    });
    const all = await stored();
    expect(eventsOf(catalog)).toEqual(
      all.filter(({ position, shard }) => position >= 40n && [3, 7].includes(shard)),
    );
  });

  it('names a context that does not exist, or appears twice, by its field', async () => {
    const failureOf = (contexts: Context[]) =>
      read({ contexts }).catch((error: unknown) => callFailure(error));
    expect(await failureOf([Context.ORDERS, Context.UNSPECIFIED])).toMatchObject({
      fieldViolations: [{ field: 'contexts[1]' }],
    });
    expect(await failureOf([Context.ORDERS, Context.ORDERS])).toMatchObject({
      fieldViolations: [{ field: 'contexts[1]' }],
    });
  });

  it('names a shard that does not exist by its field', async () => {
    const failure = await read({ shards: [SHARD_COUNT] }).catch((error: unknown) => callFailure(error));
    expect(failure).toMatchObject({ fieldViolations: [{ field: 'shards[0]' }] });
  });

  it('says how far it goes, and which positions were given up', async () => {
    expect(await replica.journal.getHead({})).toMatchObject({ position: BigInt(EVENTS), fences: [] });
    await fenceJournal(system.pool, { position: BigInt(EVENTS) + 50n, reason: 'restored' });
    const { position, fences } = await replica.journal.getHead({});
    expect(position).toBe(BigInt(EVENTS) + 50n);
    expect(fences).toMatchObject([{ firstPosition: 1_301n, lastPosition: 1_350n, reason: 'restored' }]);
    await replica.catalog.createProduct({
      requestId: randomUUID(),
      productId: 'later',
      name: 'Later',
      price: { currencyCode: 'GBP', amountMinor: 1n },
    });
    const answers = await read({ fromPosition: 1_300n });
    expect(eventsOf(answers).map((event) => event.position)).toEqual([1_300n, 1_351n]);
  });

  describe('with more in it than fits between reader and server', () => {
    const BIG = 3_000;
    const FIRST = BigInt(EVENTS) + 52n;

    beforeAll(async () => {
      await system.pool.queryAll(
        `SET SESSION cte_max_recursion_depth = ${BIG};
         INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                              recorded_at, actor, traceparent)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${BIG})
         SELECT ${FIRST} + i, UUID_TO_BIN(UUID()), i % 12, 'product', CONCAT('big-', i), 1, 'ProductCreated',
                REPEAT('x', 20000), UTC_TIMESTAMP(3), 'test', '' FROM n;
         UPDATE journal_head SET position = ${FIRST} + ${BIG} - 1`,
      );
    });

    async function rowsRead(): Promise<number> {
      const { rows } = await system.pool.query(
        `SELECT COUNT_FETCH AS count FROM performance_schema.table_io_waits_summary_by_index_usage
         WHERE OBJECT_SCHEMA = DATABASE() AND OBJECT_NAME = 'journal' AND INDEX_NAME = 'PRIMARY'`,
      );
      return Number(rows[0]?.count);
    }

    it('reads no further while its reader rests, and goes on where it was', async () => {
      const before = await rowsRead();
      const reader = replica.journal.readJournal({ fromPosition: FIRST })[Symbol.asyncIterator]();
      const answers = [(await reader.next()).value];
      let last = -1;
      const rests = async () => {
        const now = await rowsRead();
        const rested = now === last;
        last = now;
        return rested;
      };
      await expect.poll(rests, { interval: 300 }).toBe(true);
      // More than one chunk, which holds a dozen of these, and far from all.
      expect(last - before).toBeGreaterThan(24);
      expect(last - before).toBeLessThan(BIG / 2);
      for (let step = await reader.next(); !step.done; step = await reader.next()) answers.push(step.value);
      expect(eventsOf(answers).map(({ position }) => position)).toEqual(
        Array.from({ length: BIG }, (_, i) => FIRST + BigInt(i)),
      );
    });

    it('refuses more readers than it may have, until one goes', async () => {
      const resting = [0, 1].map(() =>
        replica.journal.readJournal({ fromPosition: FIRST })[Symbol.asyncIterator](),
      );
      await Promise.all(resting.map((reader) => reader.next()));
      const reasonOf = () =>
        read({ limit: 1n }).then(
          () => 'none',
          (error: unknown) => callFailure(error)?.reason,
        );
      expect(await reasonOf()).toBe('TOO_MANY_READERS');
      await resting[0]?.return?.();
      await expect.poll(reasonOf).toBe('none');
      await resting[1]?.return?.();
    });

    it('ends a reader that takes nothing, so that others have its place', async () => {
      const other = await system.start({
        MERIDIAN_RELAY: 'off',
        MERIDIAN_JOURNAL_READERS: '1',
        MERIDIAN_STREAM_IDLE_MS: '1000',
      });
      const silent = other.journal.readJournal({ fromPosition: FIRST })[Symbol.asyncIterator]();
      await silent.next();
      const reasonOf = async () => {
        try {
          for await (const _ of other.journal.readJournal({ fromPosition: FIRST, limit: 1n }));
          return 'none';
        } catch (error) {
          return callFailure(error)?.reason;
        }
      };
      await expect.poll(reasonOf).toBe('none');
      await other.stop();
    });

    it('ends a stream when the replica stops, for another to go on', async () => {
      const other = await system.start({ MERIDIAN_RELAY: 'off' });
      const reader = other.journal.readJournal({ fromPosition: FIRST })[Symbol.asyncIterator]();
      const { value } = await reader.next();
      const stopped = other.stop();
      const cut = (async () => {
        for (let step = await reader.next(); !step.done; step = await reader.next());
      })().catch((error: unknown) => callFailure(error)?.status);
      expect(['UNAVAILABLE', 'CANCELLED']).toContain(await cut);
      expect(await stopped).toBe(0);
      const [next] = await read({ fromPosition: (value?.readTo ?? 0n) + 1n, limit: 1n });
      expect(next?.events[0]?.position).toBe((value?.readTo ?? 0n) + 1n);
    });
  });

  it('says who asked for an event, as its caller named itself', async () => {
    const ask = (productId: string, actor?: string) =>
      replica.catalog.createProduct(
        {
          requestId: randomUUID(),
          productId,
          name: 'x',
          price: { currencyCode: 'GBP', amountMinor: 1n },
        },
        actor === undefined ? {} : { metadata: Metadata({ 'meridian-actor': actor }) },
      );
    const before = await replica.journal.getHead({});
    await ask('named', 'warehouse/scanner-4');
    await ask('unnamed');
    const refused = await ask('misnamed', 'ann@example.org').catch(callFailure);
    expect(refused).toMatchObject({ fieldViolations: [{ field: 'meridian-actor' }] });
    const events = eventsOf(await read({ fromPosition: before.position + 1n }));
    expect(events.map(({ aggregateId, actor }) => [aggregateId, actor])).toEqual([
      ['named', 'warehouse/scanner-4'],
      ['unnamed', 'grpc'],
    ]);
  });
});
