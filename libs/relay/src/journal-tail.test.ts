import type { EventEnvelope } from '@meridian/contracts';
import type { CommittedEvents } from '@meridian/write-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournalTail, type TailBounds } from './journal-tail.ts';
import type { OwnedShard } from './leases.ts';
import type { ReadAhead } from './read-ahead.ts';

const SHARDS = [0, 1, 2];

/** A journal in memory, whose reads are counted and can be made to wait. */
function testJournal(bounds?: TailBounds) {
  const stored: EventEnvelope[] = [];
  const reads: number[][] = [];
  let gate: Promise<void> = Promise.resolve();
  const database: ReadAhead = {
    async read(shards, limit) {
      reads.push(shards.map(({ shard }) => shard));
      const found = shards.map(({ shard, position }) => {
        const events = stored.filter((event) => event.shard === shard && event.position > position);
        const taken = events.slice(0, limit);
        const head = BigInt(stored.length);
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
      ...{ eventId: '', context: 'orders' as const, aggregateType: 'order' as const, aggregateId: '' },
      ...{ version: 1n, type: '', time: new Date(0), traceparent: '' },
    }));
    stored.push(...events);
    return { afterPosition, events };
  }
  const owned = SHARDS.map((shard): OwnedShard => ({ shard, epoch: 1n, position: 0n, leaseEndsAtMs: 1e12 }));
  const tail = createJournalTail(database, bounds);
  const positionsOf = (events: readonly EventEnvelope[]) => events.map(({ position }) => position);
  async function read(shard: number, limit = 100) {
    const [found] = await tail.read([owned[shard]!], limit);
    return positionsOf(found!.events);
  }
  const expected = (shard: number) =>
    positionsOf(stored.filter((event) => event.shard === shard && event.position > owned[shard]!.position));
  return {
    ...{ tail, owned, reads, commit, read, expected },
    holdReads() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
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
    for (const bounds of [{ maxEvents: 3 }, { maxBytes: 35 }]) {
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
      fc.record({ kind: fc.constantFrom('read', 'held-read'), shards: shardsOfCommit }),
      fc.record({ kind: fc.constantFrom('deliver', 'doubt', 'back'), shards: shardsOfCommit }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, limit) => {
          const journal = testJournal({ maxEvents: 6 });
          const { tail, owned, commit, expected, holdReads } = journal;
          const late: CommittedEvents[] = [];
          const before = new Map<number, bigint>();
          let held: { release: () => void; check: Promise<void> } | undefined;
          const finish = async () => {
            held?.release();
            await held?.check;
            held = undefined;
          };
          async function check(shard: number, isComplete: boolean): Promise<void> {
            const wanted = expected(shard);
            const [found] = await tail.read([owned[shard]!], limit);
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
