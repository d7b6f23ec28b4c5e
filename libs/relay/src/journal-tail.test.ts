import type { EventEnvelope } from '@meridian/contracts';
import type { CommittedEvents } from '@meridian/write-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournalTail, type TailBounds } from './journal-tail.ts';
import type { OwnedShard } from './leases.ts';
import type { ReadAhead } from './read-ahead.ts';

const SHARDS = [0, 1, 2];

/** A journal in memory, whose reads are counted and can be made to wait. */
function testJournal(bounds?: Partial<TailBounds>) {
  const stored: EventEnvelope[] = [];
  const reads: number[][] = [];
  let gate: Promise<void> = Promise.resolve();
  let rowsGate: Promise<void> | undefined;
  const database: ReadAhead = {
    async read(shards, { limit }) {
      reads.push(shards.map(({ shard }) => shard));
      // As the database does it: the head first, then the rows, which may show more.
      const head = BigInt(stored.length);
      if (rowsGate) await rowsGate;
      const found = shards.map(({ shard, position }) => {
        const events = stored.filter((event) => event.shard === shard && event.position > position);
        const taken = events.slice(0, limit);
        return taken.length < limit
          ? { events: taken, more: false, upTo: head }
          : { events: taken, more: true };
      });
      await gate;
      return found;
    },
    begin: () => undefined,
  };
  /** Records events of these shards in one commit. */
  function commit(shards: readonly number[]): CommittedEvents {
    const afterPosition = BigInt(stored.length);
    const events = shards.map((shard, index) => ({
      ...({ shard, position: afterPosition + BigInt(index) + 1n, payload: Buffer.alloc(10) } as Pick<
        EventEnvelope,
        'shard' | 'position' | 'payload'
      >),
      eventId: '',
      context: 'orders' as const,
      aggregateType: 'order' as const,
      aggregateId: '',
      version: 1n,
      type: '',
      time: new Date(0),
      traceparent: '',
    }));
    stored.push(...events);
    return { afterPosition, events };
  }
  const owned = SHARDS.map((shard): OwnedShard => ({ shard, epoch: 1n, position: 0n, leaseEndsAtMs: 1e12 }));
  const tail = createJournalTail(database, bounds);
  const positionsOf = (events: readonly EventEnvelope[]) => events.map(({ position }) => position);
  async function read(shard: number, limit = 100, maxBytes = 1_000_000) {
    const [found] = await tail.read([owned[shard]!], { limit, maxBytes });
    return positionsOf(found!.events);
  }
  const expected = (shard: number) =>
    positionsOf(stored.filter((event) => event.shard === shard && event.position > owned[shard]!.position));
  return {
    tail,
    owned,
    reads,
    commit,
    read,
    expected,
    holdReads() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    holdRows() {
      const { promise, resolve } = Promise.withResolvers<void>();
      rowsGate = promise;
      return resolve;
    },
  };
}

describe('the journal’s tail', () => {
  it('gives what was committed here without asking the database, once a read has told where it begins', async () => {
    const { tail, owned, reads, commit, read } = testJournal();
    commit([0, 1]);
    expect([await read(0), await read(1), await read(2)]).toEqual([[1n], [2n], []]);
    expect(reads).toHaveLength(3);
    expect(tail.committed(commit([0, 2, 0]), owned)).toEqual([owned[0], owned[2]]);
    owned[0]!.position = 1n;
    tail.committed(commit([0]), owned);
    expect([await read(0), await read(2), await read(1)]).toEqual([[3n, 5n, 6n], [4n], [2n]]);
    expect(reads).toHaveLength(3);
  });

  it('gives again what was given while the cursor has not moved, at most the limit of it', async () => {
    const { tail, owned, reads, commit, read } = testJournal();
    await read(0);
    tail.committed(commit([0, 0, 0]), owned);
    expect([await read(0, 2), await read(0, 2)]).toEqual([
      [1n, 2n],
      [1n, 2n],
    ]);
    owned[0]!.position = 2n;
    expect(await read(0, 2)).toEqual([3n]);
    // A cursor whose move failed goes back.
    owned[0]!.position = 0n;
    expect(await read(0)).toEqual([1n, 2n, 3n]);
    expect(reads).toEqual([[0], [0]]);
  });

  it('asks the database where another has committed in between', async () => {
    const { tail, owned, reads, commit, read } = testJournal();
    await read(0);
    commit([0, 1]);
    tail.committed(commit([0]), owned);
    expect(await read(0)).toEqual([1n, 3n]);
    expect(reads).toHaveLength(2);
  });

  it('joins what is committed while the database is read', async () => {
    const { tail, owned, reads, commit, read, holdReads } = testJournal();
    const seen = commit([0]);
    const release = holdReads();
    const reading = read(0);
    tail.committed(seen, owned);
    tail.committed(commit([1, 0]), owned);
    release();
    expect(await reading).toEqual([1n]);
    expect(await read(0)).toEqual([1n, 3n]);
    expect(reads).toHaveLength(1);
  });

  it('gives each event once, in order, also when a read showed more than the head that it saw', async () => {
    const { tail, owned, commit, read, holdRows } = testJournal();
    tail.committed(commit([0]), owned);
    const release = holdRows();
    const reading = read(0);
    tail.committed(commit([1, 1, 0, 1, 1]), owned);
    tail.committed(commit([1, 0, 1]), owned);
    release();
    expect(await reading).toEqual([1n, 4n, 8n]);
    // The send failed: the cursor stands where it stood.
    expect(await read(0)).toEqual([1n, 4n, 8n]);
    expect(await read(0, 2)).toEqual([1n, 4n]);
  });

  it('gives again what a read showed beyond its head and nobody handed over', async () => {
    const { tail, owned, commit, read, holdRows } = testJournal();
    tail.committed(commit([0]), owned);
    const release = holdRows();
    const reading = read(0);
    commit([0, 1]);
    release();
    expect(await reading).toEqual([1n, 2n]);
    expect(await read(0)).toEqual([1n, 2n]);
  });

  it('notes so much and no more while the database is silent', async () => {
    const { tail, owned, reads, commit, read, holdRows } = testJournal({ maxEvents: 3 });
    const release = holdRows();
    const reading = read(0);
    for (let n = 0; n < 4; n++) tail.committed(commit([1]), owned);
    release();
    expect(await reading).toEqual([]);
    expect([await read(0), reads.length]).toEqual([[], 2]);
  });

  it('gives within the bytes that are asked for, and one event at least', async () => {
    const { tail, owned, commit, read } = testJournal();
    await read(0);
    tail.committed(commit([0, 0, 0]), owned);
    expect(await read(0, 100, 2 * 410)).toEqual([1n, 2n]);
    expect(await read(0, 100, 1)).toEqual([1n]);
  });

  it('asks the database after a doubt, also one that came while it was read', async () => {
    const { tail, owned, reads, read, holdReads, commit } = testJournal();
    const release = holdReads();
    const reading = read(0);
    tail.doubt(owned);
    commit([0]);
    release();
    expect(await reading).toEqual([]);
    expect(await read(0)).toEqual([1n]);
    expect(reads).toHaveLength(2);
  });

  it('holds so much and no more', async () => {
    for (const bounds of [{ maxEvents: 3 }, { maxBytes: 3 * 410 + 5 }]) {
      const { tail, owned, reads, commit, read } = testJournal(bounds);
      await read(0);
      tail.committed(commit([0, 0, 0]), owned);
      expect([await read(0), reads.length]).toEqual([[1n, 2n, 3n], 1]);
      tail.committed(commit([0]), owned);
      expect([await read(0), reads.length]).toEqual([[1n, 2n, 3n, 4n], 2]);
    }
  });

  it('leaves nothing out and invents nothing, whatever is handed over, late, or by others', async () => {
    const shardsOfCommit = fc.array(fc.constantFrom(...SHARDS), { minLength: 1, maxLength: 4 });
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('ours', 'others', 'late'), shards: shardsOfCommit }),
      fc.record({ kind: fc.constantFrom('read', 'held-read', 'held-rows'), shards: shardsOfCommit }),
      fc.record({ kind: fc.constantFrom('deliver', 'doubt', 'back'), shards: shardsOfCommit }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, limit) => {
          const journal = testJournal({ maxEvents: 6 });
          const { tail, owned, commit, expected, holdReads, holdRows } = journal;
          const late: CommittedEvents[] = [];
          const before = new Map<number, bigint>();
          let held: { release: () => void; check: Promise<void> } | undefined;
          const finish = async () => {
            held?.release();
            await held?.check;
            held = undefined;
          };
          async function check(shard: number, isComplete: boolean): Promise<void> {
            const [found] = await tail.read([owned[shard]!], { limit, maxBytes: 1_000_000 });
            const wanted = expected(shard);
            const positions = found!.events.map(({ position }) => position);
            // Whatever it does not know of yet: what it gives is what comes next.
            expect(positions).toEqual(wanted.slice(0, positions.length));
            if (isComplete) expect(positions.length).toBe(Math.min(limit, wanted.length));
            before.set(shard, owned[shard]!.position);
            owned[shard]!.position = positions.at(-1) ?? owned[shard]!.position;
          }
          for (const { kind, shards } of steps) {
            const [shard = 0] = shards;
            if (kind === 'ours') tail.committed(commit(shards), owned);
            else if (kind === 'others') commit(shards);
            else if (kind === 'late') late.push(commit(shards));
            else if (kind === 'deliver') for (const one of late.splice(0)) tail.committed(one, owned);
            else if (kind === 'held-read') {
              await finish();
              held = { release: holdReads(), check: check(shard, false) };
            } else if (kind === 'held-rows') {
              await finish();
              held = { release: holdRows(), check: check(shard, false) };
            } else {
              await finish();
              if (kind === 'doubt') tail.doubt([owned[shard]!]);
              else if (kind === 'back') owned[shard]!.position = before.get(shard) ?? 0n;
              else await check(shard, false);
            }
          }
          await finish();
          for (const shard of SHARDS) {
            tail.doubt([owned[shard]!]);
            // What others have recorded is found by the look now and then.
            await check(shard, true);
            while (expected(shard).length > 0) await check(shard, true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
