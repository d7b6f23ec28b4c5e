import { type FoldedRow, type RowMutation } from '@meridian/projection';
import { createReader, type ParkedAggregate } from '@meridian/read-store';
import { writeEverywhere, type LateParts } from './apply-late.ts';

/**
 * Mends the lists in which events move an aggregate, in every region, when the aggregate's parked events are given up.
 * One of these events may have moved the aggregate. The next event that is applied names only its own move. The
 * timestamps of this write, and of its removals, lie between the last event that is given up and the next one. A repeat
 * changes nothing.
 */
export async function mendLists(
  { projection, session, store, writer, owner }: LateParts,
  { context, partition: shard, aggregateId, lastPosition }: ParkedAggregate,
): Promise<void> {
  if (!projection.mendLists) return;
  const reader = createReader(session, owner.keyspace, owner.generation);
  const mutations = await projection.mendLists(reader, { context, shard, aggregateId });
  const rows = mutations.map((mutation) => toRow(mutation, lastPosition));
  await writer.writeBy(rows, (statements) => writeEverywhere(store, statements));
}

function toRow(mutation: RowMutation, lastPosition: bigint): FoldedRow {
  const { table, key, kind } = mutation;
  if (mutation.kind === 'remove')
    return { table, key, isStatic: false, removedAt: 2n * lastPosition + 2n, cells: {} };
  return {
    table,
    key,
    isStatic: kind === 'write-static',
    writtenAt: 2n * lastPosition + 1n,
    cells: { ...mutation.cells },
  };
}
