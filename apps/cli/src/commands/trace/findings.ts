import { MOST_COUNTED } from '@meridian/relay';

/** One event of the traced aggregate, and how far it has come. */
export interface TracedEvent {
  readonly position: bigint;
  readonly version: bigint;
  readonly type: string;
  readonly recordedAt: Date;
  /** Undefined when Kafka does not hold the event: not yet, or no longer. */
  readonly offset: string | undefined;
}

/** The shard that its events go through. */
export interface TracedShard {
  readonly shard: number;
  /** Every event up to this position is in Kafka. */
  readonly position: bigint;
  /** The replica that publishes the shard; empty when there is none. */
  readonly owner: string;
  /** Events of the shard that are not in Kafka yet; no more than MOST_COUNTED are counted. */
  readonly depth: number;
}

/** How far a region is. */
export interface TracedRegion {
  readonly region: string;
  readonly generation: number;
  /** The position that its read model has applied of the aggregate's partition. */
  readonly applied: bigint;
  /** The version that the row shows; undefined when there is no row. */
  readonly version: bigint | undefined;
  /** Why the aggregate is parked, and from which position on. */
  readonly parked: { readonly reason: string; readonly firstPosition: bigint } | undefined;
  /** The aggregate's first deferred event: the projector does not know its type. */
  readonly deferred: { readonly type: string; readonly position: bigint } | undefined;
}

/** A region whose store did not answer. */
export interface SilentRegion {
  readonly region: string;
  readonly error: string;
}

/** All findings about an aggregate. */
export interface Trace {
  readonly aggregate: string;
  readonly topic: string;
  readonly events: readonly TracedEvent[];
  readonly shard: TracedShard | undefined;
  /** Why Kafka could not be read. */
  readonly kafkaError: string | undefined;
  readonly regions: readonly (TracedRegion | SilentRegion)[];
}

/** Reports in words where the aggregate is and what it waits for: one line for the way to Kafka, and one per region. */
export function findingsOf({ aggregate, events, shard, kafkaError, regions }: Trace): readonly string[] {
  const last = events.at(-1);
  if (!last) return [`the journal holds no event of ${aggregate}: no command about it was ever accepted`];
  return [
    wayToKafka(last, shard, kafkaError),
    ...regions.map((region) =>
      'error' in region
        ? `${region.region}: its store does not answer: ${region.error}`
        : inRegion(last, region),
    ),
  ];
}

function wayToKafka(
  last: TracedEvent,
  shard: TracedShard | undefined,
  kafkaError: string | undefined,
): string {
  if (!shard) return 'relay: this shard has never been published: no command-service with a relay has run';
  if (shard.position < last.position) {
    const why = shard.owner
      ? `${shard.owner} publishes this shard and has ${shard.depth} events of it left${shard.depth >= MOST_COUNTED ? ' or more' : ''}`
      : 'no replica of command-service owns this shard';
    return `relay: shard ${shard.shard} is published up to ${shard.position}, version ${last.version} is at ${last.position}: ${why}`;
  }
  if (kafkaError) return `kafka: published, but Kafka cannot be read: ${kafkaError}`;
  if (last.offset === undefined)
    return 'kafka: published, but Kafka does not hold it any more: a rebuild takes it from the journal';
  return `kafka: version ${last.version} is in partition ${shard.shard} at offset ${last.offset}`;
}

function inRegion(last: TracedEvent, { region, applied, version, parked, deferred }: TracedRegion): string {
  const shown = version === undefined ? 'no row' : `version ${version}`;
  if (parked)
    return `${region}: ${shown}; parked from position ${parked.firstPosition} on: ${parked.reason} (see meridian parked)`;
  if (deferred)
    return `${region}: ${shown}, without the event at position ${deferred.position}: the projector does not know events of type ${deferred.type}; run a newer version of the projector, which then applies the event`;
  if (version !== undefined && version >= last.version) return `${region}: ${shown}: all of it is shown`;
  if (applied < last.position)
    return `${region}: ${shown}; the projector has applied position ${applied} of the partition, version ${last.version} is at ${last.position}`;
  return `${region}: ${shown}, although position ${last.position} counts as applied: the row is wrong; run meridian projections rebuild`;
}
