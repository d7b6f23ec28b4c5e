import type { Row } from '@meridian/cassandra';
import { sessionWith } from '@meridian/cassandra/testing/stand-in-session';
import { describe, expect, it } from 'vitest';
import { NOTHING_PUT_ASIDE, type PartitionProgress, progressStatement, readProgress } from './progress.ts';

const owner = { projector: 'orders', generation: 1, region: 'eu-west' };
const at = (partition: number, position: bigint) =>
  ({ context: 'orders', partition, position, eventTime: new Date(0) }) as const;

/** What the columns of a record's statement are given. */
function cellsOf(progress: PartitionProgress): Row {
  const { cql, params } = progressStatement('k', owner, progress);
  const columns = /\((.*?)\)/.exec(cql)?.[1]?.split(', ') ?? [];
  expect(cql.split('?')).toHaveLength(params.length + 1);
  return Object.fromEntries(columns.map((column, index) => [column, params[index]])) as Row;
}

const marksOf = async (...rows: readonly Row[]) =>
  (await readProgress(sessionWith({ execute: () => Promise.resolve(rows) }), 'k', owner)).marks;

describe('a recorded progress', () => {
  it('tells what was put aside up to there', async () => {
    const rows = [
      cellsOf({ ...at(0, 7n), putAside: NOTHING_PUT_ASIDE }),
      cellsOf({ ...at(1, 9n), putAside: { parkedUpTo: 8n, deferredUpTo: 5n } }),
      // A decision about a partition of which no progress is recorded.
      { context: 'orders', partition: 2, position: null, decision: 'retried' },
    ];
    expect(await marksOf(...rows)).toEqual({
      parked: [
        { context: 'orders', partition: 1, lastPosition: 8n, decision: '' },
        { context: 'orders', partition: 2, lastPosition: 0n, decision: 'retried' },
      ],
      deferred: [{ context: 'orders', partition: 1, lastPosition: 5n }],
    });
  });

  it('tells nothing of it where an earlier version recorded one of the positions', async () => {
    const known = cellsOf({ ...at(0, 7n), putAside: NOTHING_PUT_ASIDE });
    expect(await marksOf(known)).toEqual({ parked: [], deferred: [] });
    expect(await marksOf(known, cellsOf(at(1, 9n)))).toBeUndefined();
    // A record of an earlier version, over one that told it.
    expect(await marksOf({ ...known, ...cellsOf(at(0, 8n)) })).toBeUndefined();
  });
});
