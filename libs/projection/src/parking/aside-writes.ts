import type { Statement } from '@meridian/cassandra';
import { chunksOf, type ChunkBounds } from '../chunks.ts';
import { deferStatement } from './deferred-events.ts';
import type { ParkedAggregate } from './parked-aggregates.ts';
import { keepStatement, parkStatement, type ParkingOwner, type PartitionOf } from './parked-events.ts';
import type { SetAside } from './set-aside.ts';

/** What is put aside. */
export interface Aside {
  readonly aggregates: ReadonlyMap<string, ParkedAggregate>;
  readonly parked: readonly KeptEvent[];
  readonly deferred: readonly KeptEvent[];
}

type KeptEvent = Omit<SetAside, 'aggregateType'>;

const BOUNDS: ChunkBounds = { maxStatements: 100, maxBytes: 32_000 };

/** The statements that put messages aside, in batches of one partition of the store each. */
export function asideWrites(
  owner: ParkingOwner,
  of: PartitionOf,
  { parked, aggregates, deferred }: Aside,
): readonly (readonly Statement[])[] {
  const byAggregate = Map.groupBy(parked, ({ aggregateId }) => aggregateId);
  return [
    [...aggregates.values()].map((aggregate) => parkStatement(owner, aggregate)),
    ...[...byAggregate.values()].map((events) => events.map((event) => keepStatement(owner, of, event))),
    deferred.map((event) => deferStatement(owner, of, event)),
  ].flatMap((statements) => chunksOf(statements, BOUNDS));
}
