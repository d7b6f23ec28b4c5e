import {
  SPECULATIVE_RETRY,
  type CassandraSession,
  type KeyPart,
  type Row,
  type Statement,
} from '@meridian/cassandra';
import {
  CONTEXTS,
  partitionKey,
  type ContextName,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';

/** How far a read model is in one region: every row up to these positions is at a quorum of that region. */
export interface Progress {
  readonly positions: Positions;
  /** The highest of the positions; 0 while nothing has been applied. */
  readonly highest: bigint;
  /** When the event at the highest position was recorded. */
  readonly eventTime: Date | undefined;
}

/** What has a progress: a generation of a projector, in one region. */
export interface ProgressOwner {
  readonly projector: string;
  readonly generation: number;
  readonly region: string;
}

const TABLE = 'projection_progress';

/** The statements that make the table of progress, if it is missing. All read models of a keyspace share it. */
export function createProgressTableCql(keyspace: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${keyspace}.${TABLE} (projector text, generation int, region text, context text, partition int, position bigint, event_time timestamp, applied_at timestamp, next_offset bigint, PRIMARY KEY ((projector, generation, region), context, partition)) WITH ${SPECULATIVE_RETRY}`,
    `ALTER TABLE ${keyspace}.${TABLE} ADD IF NOT EXISTS next_offset bigint`,
  ];
}

/** The key of the partition that holds the progress of a read model in a region. */
export function progressKey({ projector, generation, region }: ProgressOwner): readonly KeyPart[] {
  return [
    { type: 'text', value: projector },
    { type: 'int', value: generation },
    { type: 'text', value: region },
  ];
}

/**
 * Reads the progress of a read model in a region, from the session's own data centre at LOCAL_QUORUM. A generation of another version
 * may be fed by more contexts than this version asks about: only those named count.
 */
export async function readProgress(
  session: CassandraSession,
  keyspace: string,
  owner: ProgressOwner,
  contexts: readonly ContextName[] = CONTEXTS,
): Promise<Progress> {
  const rows = await session.execute(
    `SELECT context, partition, position, event_time FROM ${keyspace}.${TABLE} WHERE projector = ? AND generation = ? AND region = ?`,
    [owner.projector, owner.generation, owner.region],
    { consistency: 'LOCAL_QUORUM' },
  );
  return toProgress(rows, contexts);
}

/** How far one partition got. */
export interface PartitionProgress {
  readonly context: ContextName;
  readonly partition: number;
  readonly position: bigint;
  readonly eventTime: Date;
  /** Where its topic goes on: a place to resume, no measure of progress. Not known where Kafka was not the source. */
  readonly nextOffset?: bigint | undefined;
}

/** Reads the same partition by partition, with where each of them goes on. */
export async function readPartitionProgress(
  session: CassandraSession,
  keyspace: string,
  owner: ProgressOwner,
): Promise<readonly PartitionProgress[]> {
  const rows = await session.execute(
    `SELECT context, partition, position, event_time, next_offset FROM ${keyspace}.${TABLE} WHERE projector = ? AND generation = ? AND region = ?`,
    [owner.projector, owner.generation, owner.region],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.flatMap((row) => {
    const context = CONTEXTS.find((name) => name === row['context']);
    const { partition, position, event_time: eventTime, next_offset: next } = row;
    if (!context || typeof partition !== 'number' || typeof position !== 'bigint') return [];
    if (!(eventTime instanceof Date)) return [];
    const nextOffset = typeof next === 'bigint' ? next : undefined;
    return [{ context, partition, position, eventTime, nextOffset }];
  });
}

/**
 * The statement that records how far a partition got in a region. Its timestamp is the position, so a late, older record
 * changes nothing; of two at one position the higher offset stays.
 */
export function progressStatement(
  keyspace: string,
  { projector, generation, region }: ProgressOwner,
  { context, partition, position, eventTime, nextOffset }: PartitionProgress,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${TABLE} (projector, generation, region, context, partition, position, event_time, applied_at, next_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [
      projector,
      generation,
      region,
      context,
      partition,
      position,
      eventTime,
      new Date(),
      nextOffset,
      2n * position + 1n,
    ],
  };
}

function toProgress(rows: readonly Row[], contexts: readonly ContextName[]): Progress {
  const positions = new Map<PartitionKey, bigint>();
  let highest = 0n;
  let eventTime: Date | undefined;
  for (const row of rows) {
    const context = contexts.find((name) => name === row['context']);
    const { partition, position, event_time: time } = row;
    if (!context || typeof partition !== 'number' || typeof position !== 'bigint') continue;
    positions.set(partitionKey(context, partition), position);
    if (position <= highest) continue;
    highest = position;
    eventTime = time instanceof Date ? time : undefined;
  }
  return { positions, highest, eventTime };
}
