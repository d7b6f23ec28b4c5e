import type { CassandraSession, Row } from '@meridian/cassandra';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enterRegister } from './register.ts';

const MINUTE_MS = 60_000;

/** A store that fails until a moment; from then on the first generation can be made and read. */
function storeThatWorksAfter(ms: number, failing: 'read' | 'decide') {
  const worksFromMs = performance.now() + ms;
  const row: Row = { projector: 'orders', generation: 1, version: 1, max_events_per_second: 0 };
  const made: Row[] = [];
  const failUntilThen = (): void => {
    if (performance.now() < worksFromMs) throw new Error('table projection_generation does not exist');
  };
  const session = {
    execute: async () => {
      if (failing === 'read') failUntilThen();
      return made;
    },
    executeIf: async () => {
      failUntilThen();
      made.push({ ...row, created_at: new Date(), epoch: 1n, live: 1, newest_version: 1 });
      return true;
    },
  } satisfies Pick<CassandraSession, 'execute' | 'executeIf'>;
  // The register needs no more of a session.
  return session as unknown as CassandraSession;
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('entering the register', () => {
  const enter = (session: CassandraSession, signal?: AbortSignal) =>
    enterRegister(session, 'meridian', { name: 'orders', version: 1 }, { hasJournal: false, signal });

  it.each(['read', 'decide'] as const)(
    'goes on while a node does not know the new table for more than a minute: %s',
    async (failing) => {
      const entered = enter(storeThatWorksAfter(2 * MINUTE_MS, failing));
      await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
      await expect(entered).resolves.toMatchObject({ projector: 'orders', live: 1 });
    },
  );

  it('gives up with what the store said when that lasts', async () => {
    const entered = enter(storeThatWorksAfter(60 * MINUTE_MS, 'decide'));
    const refused = expect(entered).rejects.toThrow('does not exist');
    await vi.advanceTimersByTimeAsync(4 * MINUTE_MS);
    await refused;
  });

  it('is given up at once when the process stops', async () => {
    const stop = new AbortController();
    const over = new Error('the process stops');
    const entered = enter(storeThatWorksAfter(60 * MINUTE_MS, 'read'), stop.signal);
    const refused = expect(entered).rejects.toBe(over);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort(over);
    await refused;
  });
});
