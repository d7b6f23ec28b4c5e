import {
  SPECULATIVE_RETRY,
  type BoundCell,
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
import type { DeferredMark, Marks, ParkedMark, ParkingDecision } from '../quarantine/marks.ts';
import type { PartitionOf } from '../quarantine/parked-events.ts';

/** How far a read model is in one region: every row up to these positions is at a quorum of that region. */
export interface Progress {
  readonly positions: Positions;
  /** The highest of the positions; 0 while nothing has been applied. */
  readonly highest: bigint;
  /** When the event at the highest position was recorded. */
  readonly eventTime: Date | undefined;
  /**
   * The marks of what is parked and deferred, as recorded with these positions. Undefined where a projector of an earlier version
   * recorded one of the positions: then only the tables of the marks tell.
   */
  readonly marks?: Marks | undefined;
}

/** What has a progress: a generation of a projector, in one region. */
export interface ProgressOwner {
  readonly projector: string;
  readonly generation: number;
  readonly region: string;
}

const TABLE = 'projection_progress';

/** Columns that tables of earlier versions lack. */
const COLUMNS_ADDED = [
  'next_offset bigint',
  'marked_at bigint',
  'parked_up_to bigint',
  'deferred_up_to bigint',
  'decision text',
];

/** The statements that make the table of progress, if it is missing. All read models of a keyspace share it. */
export function createProgressTableCql(keyspace: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${keyspace}.${TABLE} (projector text, generation int, region text, context text, partition int, position bigint, event_time timestamp, applied_at timestamp, ${COLUMNS_ADDED.join(', ')}, PRIMARY KEY ((projector, generation, region), context, partition)) WITH ${SPECULATIVE_RETRY}`,
    ...COLUMNS_ADDED.map((column) => `ALTER TABLE ${keyspace}.${TABLE} ADD IF NOT EXISTS ${column}`),
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
    `SELECT context, partition, position, event_time, marked_at, parked_up_to, deferred_up_to, decision FROM ${keyspace}.${TABLE} WHERE projector = ? AND generation = ? AND region = ?`,
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
  /** Undefined where whoever records it does not know what was ever put aside. */
  readonly putAside?: PutAside | undefined;
}

/** Up to where events of a partition were ever put aside: parked, or deferred. 0 when none was. */
export interface PutAside {
  readonly parkedUpTo: bigint;
  readonly deferredUpTo: bigint;
}

/** Of a partition in which nothing was ever put aside. */
export const NOTHING_PUT_ASIDE: PutAside = { parkedUpTo: 0n, deferredUpTo: 0n };

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
 * changes nothing; of two at one position the higher offset stays. It also records what was put aside up to there, in the same
 * row: whoever reads the position reads that, too. `marked_at` names the position again. So a later record without these cells, by an
 * earlier version of the code, is told from one with them.
 */
export function progressStatement(
  keyspace: string,
  { projector, generation, region }: ProgressOwner,
  { context, partition, position, eventTime, nextOffset, putAside }: PartitionProgress,
): Statement {
  const cells: readonly (readonly [column: string, value: BoundCell])[] = [
    ['position', position],
    ['event_time', eventTime],
    ['applied_at', new Date()],
    ['next_offset', nextOffset],
    ...(putAside ? [['marked_at', position] as const] : []),
    ...(putAside && putAside.parkedUpTo > 0n ? [['parked_up_to', putAside.parkedUpTo] as const] : []),
    ...(putAside && putAside.deferredUpTo > 0n ? [['deferred_up_to', putAside.deferredUpTo] as const] : []),
  ];
  const columns = cells.map(([column]) => column).join(', ');
  return {
    cql: `INSERT INTO ${keyspace}.${TABLE} (projector, generation, region, context, partition, ${columns}) VALUES (?, ?, ?, ?, ?${', ?'.repeat(cells.length)}) USING TIMESTAMP ?`,
    params: [
      projector,
      generation,
      region,
      context,
      partition,
      ...cells.map(([, value]) => value),
      2n * position + 1n,
    ],
  };
}

/** The statement that names an operator's decision beside a region's progress, too: see `decisionStatement`. */
export function progressDecisionStatement(
  keyspace: string,
  { projector, generation, region }: ProgressOwner,
  { context, partition }: PartitionOf,
  { name, timestamp }: ParkingDecision,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${TABLE} (projector, generation, region, context, partition, decision) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [projector, generation, region, context, partition, name, timestamp],
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
  return { positions, highest, eventTime, marks: toMarks(rows) };
}

/** The marks that the rows name. Undefined when one of them has a position that was recorded without. */
function toMarks(rows: readonly Row[]): Marks | undefined {
  const parked: ParkedMark[] = [];
  const deferred: DeferredMark[] = [];
  for (const row of rows) {
    const { position, marked_at: markedAt, partition, decision } = row;
    if (typeof position === 'bigint' && markedAt !== position) return undefined;
    const context = CONTEXTS.find((name) => name === row['context']);
    if (!context || typeof partition !== 'number') continue;
    const [parkedUpTo, deferredUpTo] = [row['parked_up_to'], row['deferred_up_to']];
    if (typeof parkedUpTo === 'bigint' || typeof decision === 'string')
      parked.push({
        context,
        partition,
        lastPosition: typeof parkedUpTo === 'bigint' ? parkedUpTo : 0n,
        decision: typeof decision === 'string' ? decision : '',
      });
    if (typeof deferredUpTo === 'bigint') deferred.push({ context, partition, lastPosition: deferredUpTo });
  }
  return { parked, deferred };
}
