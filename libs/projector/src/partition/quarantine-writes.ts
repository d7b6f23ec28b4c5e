import { slicesOf, type SliceBounds } from '@meridian/async';
import type { Statement } from '@meridian/cassandra';
import {
  deferredMarkStatement,
  deferStatement,
  keepStatement,
  lastParked,
  type ParkedAggregate,
  parkedMarkStatement,
  type ParkingOwner,
  parkStatement,
  type PartitionOf,
  type QuarantinedMessage,
  undeferStatement,
} from '@meridian/read-store';
import { bytesOf } from '../store/statement-bytes.ts';
import type { PartitionState } from './partition-state.ts';

/** What a batch quarantines. */
export interface Quarantined {
  readonly aggregates: ReadonlyMap<string, ParkedAggregate>;
  readonly parked: readonly KeptEvent[];
  readonly deferred: readonly KeptEvent[];
}

type KeptEvent = Omit<QuarantinedMessage, 'aggregateType'>;

const BOUNDS: SliceBounds = { maxItems: 100, maxBytes: 32_000 };

/**
 * The statements that quarantine messages, in batches. Each batch writes one partition of the store. An event that is
 * parked is not kept as a deferred event any more.
 */
export function quarantineWrites(
  owner: ParkingOwner,
  of: PartitionOf & Pick<PartitionState, 'deferred'>,
  { parked, aggregates, deferred }: Quarantined,
): readonly (readonly Statement[])[] {
  const byAggregate = Map.groupBy(parked, ({ aggregateId }) => aggregateId);
  const last = deferred.at(-1);
  const lastOfParked = lastParked(parked, aggregates.values());
  return [
    [...aggregates.values()].map((aggregate) => parkStatement(owner, aggregate)),
    lastOfParked === undefined ? [] : [parkedMarkStatement(owner, of, lastOfParked)],
    ...[...byAggregate.values()].map((events) => events.map((event) => keepStatement(owner, of, event))),
    deferred.map((event) => deferStatement(owner, of, event)),
    last ? [deferredMarkStatement(owner, of, last.position)] : [],
    parked
      .filter(({ position }) => of.deferred.has(position))
      .map(({ position }) => undeferStatement(owner, of, position)),
  ].flatMap((statements) => [...slicesOf(statements, bytesOf, BOUNDS)]);
}
