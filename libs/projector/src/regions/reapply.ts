import type { CassandraSession } from '@meridian/cassandra';
import type { EventEnvelope } from '@meridian/contracts';
import type { Log } from '@meridian/messaging';
import {
  fold,
  projected,
  toRecordedEvent,
  type ProjectedEvent,
  type FedProjection,
} from '@meridian/projection';
import { deferredEvents, isParked, type ParkedAggregate, parkedEvents } from '@meridian/read-store';
import { quarantineWrites, type Quarantined } from '../partition/quarantine-writes.ts';
import type { PartitionState } from '../partition/partition-state.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { createLimiter, settled } from '@meridian/async';
import type { TotalReads } from '../store/total-reads.ts';
import { storedTotals } from '../store/totals.ts';

/** Applies events again in one region, up to a position. Takes no more events than may be folded together. */
export interface Reapply {
  (region: string, state: PartitionState, until: bigint, events: readonly EventEnvelope[]): Promise<void>;
  /** Copies what is quarantined of a partition. */
  copyQuarantined(region: string, state: PartitionState): Promise<void>;
}

interface ReapplyOptions {
  readonly projection: FedProjection;
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly store: RegionalStore;
  readonly writer: RowWriter;
  readonly reads: TotalReads;
  readonly log: Log;
}

/** So many parked aggregates are copied at once, in all partitions together. Each may have thousands of events. */
const AGGREGATES_AT_ONCE = 16;

/**
 * Makes the function. Rows are made from the events once more. Nothing is added to totals: their rows are copied from
 * the home region, where they are as new as these events, or newer.
 */
export function createReapply(options: ReapplyOptions): Reapply {
  const { projection, session, keyspace, store, writer, reads } = options;
  const owner = { keyspace, projector: projection.name, generation: projection.generation };

  async function apply(region: string, state: PartitionState, events: readonly ProjectedEvent[]) {
    const { rows, contributions } = fold(events);
    const sums = await storedTotals(reads, state.partition, contributions);
    await writer.writeBy([...rows, ...sums], (statements, placement) =>
      store.writeTo(region, statements, placement),
    );
  }

  const reapply = async (
    region: string,
    state: PartitionState,
    until: bigint,
    envelopes: readonly EventEnvelope[],
  ) => {
    const wanted = envelopes
      .filter(({ position }) => position <= until)
      .filter(({ aggregateId, position }) => !isParked(state.parked.get(aggregateId), position));
    for (const events of foldable(wanted.map((envelope) => projectable(envelope, options))))
      await apply(region, state, events);
  };

  const fewAtOnce = createLimiter(AGGREGATES_AT_ONCE);

  const copyQuarantined = async (region: string, state: PartitionState) => {
    const copy = (quarantined: Quarantined) =>
      settled(
        quarantineWrites(owner, state, quarantined).map((statements) => store.writeTo(region, statements)),
      );
    const aggregates = new Map(state.parked);
    const deferred = state.deferred.size > 0 ? await deferredEvents(session, owner, state) : [];
    await copy({ aggregates, parked: [], deferred });
    const copyEvents = async (aggregate: ParkedAggregate) => {
      const parked = await parkedEvents(session, owner, aggregate);
      await copy({ aggregates: new Map([[aggregate.aggregateId, aggregate]]), parked, deferred: [] });
    };
    await settled([...aggregates.values()].map((aggregate) => fewAtOnce(() => copyEvents(aggregate))));
  };
  return Object.assign(reapply, { copyQuarantined });
}

/** Cuts events into runs that may be folded together. A run ends at an event that is passed over. */
function foldable(found: readonly (ProjectedEvent | undefined)[]): readonly (readonly ProjectedEvent[])[] {
  const runs: ProjectedEvent[][] = [[]];
  for (const event of found) {
    if (!event) runs.push([]);
    else runs.at(-1)?.push(event);
  }
  return runs.filter((run) => run.length > 0);
}

/** The event with its mutations. Undefined when it cannot be applied: it was discarded, or is deferred for a later version. */
function projectable(
  envelope: EventEnvelope,
  { projection, log }: ReapplyOptions,
): ProjectedEvent | undefined {
  try {
    const event = toRecordedEvent(envelope);
    return event && projected(projection, event);
  } catch (error) {
    const { position, aggregateId, type } = envelope;
    log.warn(
      { err: error, aggregateId, type, position: position.toString() },
      'an event that was discarded is passed over again',
    );
    return undefined;
  }
}
