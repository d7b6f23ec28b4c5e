import type { FoldedRow } from '@meridian/projection';
import { createReader, type ParkedAggregate } from '@meridian/read-store';
import { writeEverywhere, type LateParts } from './apply-late.ts';

/**
 * Takes an aggregate whose parked events are given up out of every list in which its events move it, in every region.
 * One of these events may have moved the aggregate. The next event that is applied names only what it moves itself, so
 * the row would stay there for good. The timestamp stands above the last event that is given up and below the next one.
 * A repeat changes nothing.
 */
export async function leaveLists(
  { projection, session, store, writer, owner }: LateParts,
  { context, partition: shard, aggregateId, lastPosition }: ParkedAggregate,
): Promise<void> {
  if (!projection.leaveLists) return;
  const reader = createReader(session, owner.keyspace, owner.generation);
  const removes = await projection.leaveLists(reader, { context, shard, aggregateId });
  const rows = removes.map(({ table, key }): FoldedRow => {
    return { table, key, isStatic: false, removedAt: 2n * lastPosition + 2n, cells: {} };
  });
  await writer.writeBy(rows, (statements) => writeEverywhere(store, statements));
}
