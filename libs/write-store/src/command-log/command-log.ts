import type { AggregateType, PartitionKey, Positions } from '@meridian/contracts';
import { partitionKey } from '@meridian/contracts';
import {
  bigintOf,
  bytesOf,
  numberOf,
  textOf,
  uuidFromBytes,
  uuidToBytes,
  type MysqlConnection,
  type MysqlPool,
  type Row,
  type StatementResult,
  type Value,
} from '@meridian/mysql';
import { CONTEXT_OF } from '../command/aggregates.ts';
import type { Command } from '../command/command.ts';
import type { Accepted } from '../commit/group.ts';
import { runScript, withinMs, type Statement } from '../sql/script.ts';

/** A command that was accepted and committed before. */
export interface LoggedCommand {
  readonly requestId: string;
  readonly fingerprint: Buffer;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly firstPosition: bigint;
  readonly eventCount: number;
  readonly answer: Buffer;
}

/** What claiming a group's request ids showed. */
export interface Claims {
  /** The command that was accepted under a request id (in lower case) before this transaction. */
  find(requestId: string): LoggedCommand | undefined;
}

function loggedCommandOf(row: Row): LoggedCommand {
  return {
    requestId: uuidFromBytes(bytesOf(row, 'request_id')),
    fingerprint: bytesOf(row, 'fingerprint'),
    aggregateId: textOf(row, 'aggregate_id'),
    version: bigintOf(row, 'aggregate_version'),
    firstPosition: bigintOf(row, 'first_position'),
    eventCount: numberOf(row, 'event_count'),
    answer: bytesOf(row, 'answer'),
  };
}

/**
 * The three statements that claim a group's request ids: a look for those that another transaction holds, which waits for it to
 * end for `lockWaitMs` and no longer; an insert in request-id order; and a look for those that had been accepted before.
 */
export function claimRequests(
  commands: readonly Command[],
  lockWaitMs: number,
): {
  statements: readonly [Statement, Statement, Statement];
  read(result: StatementResult): Claims;
} {
  const byId = new Map<string, readonly [Buffer, Command]>();
  for (const command of commands) {
    const id = uuidToBytes(command.requestId);
    const hex = id.toString('hex');
    if (!byId.has(hex)) byId.set(hex, [id, command]);
  }
  const rows = [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const ids = rows.map(([id]) => id);
  const claims = rows.map(([id, { fingerprint, name }]): Value[] => [id, fingerprint, name]);
  return {
    statements: [
      // An INSERT cannot be bounded in milliseconds. This SELECT can.
      withinMs(
        {
          sql: `SELECT 1 FROM command_log FORCE INDEX (PRIMARY)
                WHERE request_id IN (?) ORDER BY request_id FOR UPDATE`,
          values: [ids],
        },
        lockWaitMs,
      ),
      {
        sql: `INSERT INTO command_log (request_id, fingerprint, command, accepted_at)
              VALUES ${claims.map(() => '(?, ?, ?, UTC_TIMESTAMP(3))').join(', ')}
              ON DUPLICATE KEY UPDATE request_id = command_log.request_id`,
        values: claims.flat(),
      },
      {
        sql: `SELECT request_id, fingerprint, aggregate_id, aggregate_version, first_position, event_count, answer
              FROM command_log FORCE INDEX (PRIMARY)
              WHERE request_id IN (?) AND first_position IS NOT NULL`,
        values: [ids],
      },
    ],
    read(result) {
      const found = new Map(result.rows.map(loggedCommandOf).map((logged) => [logged.requestId, logged]));
      return { find: (requestId) => found.get(requestId) };
    },
  };
}

/** Takes back the claims of commands that were not accepted: a refusal is not remembered. */
export function releaseClaims(requestIds: readonly string[]): readonly Statement[] {
  if (requestIds.length === 0) return [];
  const ids = requestIds.map(uuidToBytes);
  return [
    {
      // A DELETE of one table takes no index hint, this form does. On a small table the optimizer would rather read all of it, and wait
      // for the claims of other replicas while it holds products that those wait for.
      sql: `DELETE command_log FROM command_log FORCE INDEX (PRIMARY)
            WHERE request_id IN (?) AND first_position IS NULL`,
      values: [ids],
    },
  ];
}

/** Completes the claims of accepted commands; runs after the head was moved, whose old position LAST_INSERT_ID() gives. */
export function completeClaims(accepted: readonly Accepted[]): Statement {
  let offset = 0;
  const rows = accepted.map(({ command, aggregateId, version, answer, events }) => {
    const first = offset + 1;
    offset += events.length;
    const values = [
      uuidToBytes(command.requestId),
      command.fingerprint,
      command.name,
      aggregateId,
      version,
      events.length,
      answer,
    ];
    return { sql: `(?, ?, ?, ?, ?, LAST_INSERT_ID() + ${first}, ?, ?, UTC_TIMESTAMP(3))`, values };
  });
  return {
    sql: `INSERT INTO command_log (request_id, fingerprint, command, aggregate_id, aggregate_version,
                                   first_position, event_count, answer, accepted_at)
          VALUES ${rows.map(({ sql }) => sql).join(', ')} AS new
          ON DUPLICATE KEY UPDATE aggregate_id = new.aggregate_id, aggregate_version = new.aggregate_version,
            first_position = new.first_position, event_count = new.event_count, answer = new.answer`,
    values: rows.flatMap(({ values }) => values),
  };
}

/** The newest position in every partition of events that follow each other from `firstPosition` on. */
export function positionsOf(
  firstPosition: bigint,
  events: readonly { readonly aggregateType: AggregateType; readonly shard: number }[],
): Positions {
  const positions = new Map<PartitionKey, bigint>();
  events.forEach(({ aggregateType, shard }, index) => {
    positions.set(partitionKey(CONTEXT_OF[aggregateType], shard), firstPosition + BigInt(index));
  });
  return positions;
}

/** What the journal holds of a command that was accepted before. */
export interface LoggedEvents {
  readonly positions: Positions;
  /** Of its first event. */
  readonly eventId: string | undefined;
}

/** Reads what the journal holds of commands that were accepted before; by request id. */
export async function eventsOfLogged(
  connection: MysqlConnection,
  logged: readonly LoggedCommand[],
): Promise<ReadonlyMap<string, LoggedEvents>> {
  if (logged.length === 0) return new Map();
  const results = await runScript(
    connection,
    logged.map(({ firstPosition, eventCount }) => ({
      sql: `SELECT event_id, aggregate_type, shard FROM journal
            WHERE position >= ? AND position < ? ORDER BY position`,
      values: [firstPosition, firstPosition + BigInt(eventCount)],
    })),
  );
  return new Map(
    logged.map(({ requestId, firstPosition }, index) => {
      const rows = results[index]?.rows ?? [];
      const events = rows.map((row) => ({
        aggregateType: aggregateTypeIn(row),
        shard: numberOf(row, 'shard'),
      }));
      const eventId = rows[0] && uuidFromBytes(bytesOf(rows[0], 'event_id'));
      return [requestId, { positions: positionsOf(firstPosition, events), eventId }];
    }),
  );
}

/** The kind of aggregate that a journal row tells of. */
export function aggregateTypeIn(row: Row): AggregateType {
  const type = textOf(row, 'aggregate_type');
  if (type === 'product' || type === 'stock' || type === 'customer' || type === 'order') return type;
  throw new Error(`the journal holds an unknown aggregate type: ${type}`);
}

/**
 * Deletes accepted commands that are older than `keepDays`, in pieces of `pieceSize` rows, each a transaction of its own, so
 * that nobody waits. Answers with how many went. Stops between pieces when `signal` says so.
 */
export async function purgeCommandLog(
  pool: Pick<MysqlPool, 'query'>,
  {
    keepDays = 7,
    pieceSize = 500,
    signal,
  }: { keepDays?: number; pieceSize?: number; signal?: AbortSignal } = {},
): Promise<number> {
  let purged = 0;
  while (!signal?.aborted) {
    const { affectedRows } = await pool.query(
      `DELETE FROM command_log WHERE accepted_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY accepted_at LIMIT ?`,
      [keepDays, pieceSize],
    );
    purged += affectedRows;
    if (affectedRows < pieceSize) break;
  }
  return purged;
}
