import type { ContextName, EventEnvelope, RecordedEvent } from '@meridian/contracts';
import type { Mutation, RowMutation } from './mutation.ts';
import type { Reader } from './row.ts';
import type { Table } from './table.ts';

/** The aggregate that rows tell of, with its shard. */
export type AggregateOf = Pick<EventEnvelope, 'context' | 'shard' | 'aggregateId'>;

/** What makes a projector: its contexts, its tables, and a pure function from event to row mutations. */
export interface Projection {
  readonly name: string;
  /** Raised when the output changes: the new version fills a generation of its own. */
  readonly version: number;
  /** Whose events it consumes. */
  readonly contexts: readonly ContextName[];
  readonly tables: readonly Table[];
  /** The names of tables that only earlier versions had. Whoever drops a generation removes them as well. */
  readonly formerTables?: readonly string[];
  /**
   * Rounds of its projector begin so long apart at least, in milliseconds; left out: at once. Later rounds then have more
   * events, whose rows share requests and partitions. For read models that nobody asks right after a command. An event
   * that comes after a quiet time is not delayed.
   */
  readonly roundMs?: number;
  /** Pure: the same event gives the same mutations, and nothing is looked up. Types it does not care for give none. */
  project(event: RecordedEvent): readonly Mutation[];
  /**
   * For every projection with a list in which events move their aggregate. Asked for when parked events are given up. One of
   * them may have moved the aggregate, and the next event names only what it moves itself. The answer keeps the lists right
   * from there on. Either it removes the aggregate's rows, and the next event puts the aggregate in again. Or it writes the
   * rows that the next event may leave out.
   */
  mendLists?(reader: Reader, aggregate: AggregateOf): Promise<readonly RowMutation[]>;
}

/** A projection that feeds one generation: one set of its tables, with a consumer group and a progress of its own. */
export interface FedProjection extends Projection {
  /** The number of the set of tables. Several generations of one version may be fed at the same time. */
  readonly generation: number;
}

/** A projection with the generation that its version makes where there is no other: both have the same number. */
export function firstGeneration(projection: Projection): FedProjection {
  return { ...projection, generation: projection.version };
}

/**
 * Throws when a projection cannot be kept exact. Totals are kept by Kafka partition, and partitions of two contexts have the same
 * numbers: events of one would pass for duplicates of the other's.
 */
export function checkProjection({
  name,
  contexts,
  tables,
}: Pick<Projection, 'name' | 'contexts' | 'tables'>): void {
  const totals = tables.filter(({ kind }) => kind === 'totals').map((table) => table.name);
  if (totals.length > 0 && contexts.length > 1)
    throw new Error(
      `projection ${name} is fed by ${contexts.join(' and ')} and keeps totals (${totals.join(', ')}): totals take events of one context only`,
    );
}

/** The consumer group of a projection's generation. */
export function groupIdOf(
  projection: Pick<FedProjection, 'name' | 'generation'>,
  topicPrefix: string,
): string {
  return `${groupPrefixOf(projection.name, topicPrefix)}${projection.generation}`;
}

/** What the consumer groups of all generations of a projection begin with; the generation's number is the rest. */
export function groupPrefixOf(name: string, topicPrefix: string): string {
  return `${topicPrefix}.projector.${name}.g`;
}
