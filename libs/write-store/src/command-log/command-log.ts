import {
  bigintOf,
  bytesOf,
  numberOf,
  textOf,
  uuidFromBytes,
  uuidToBytes,
  type Row,
  type StatementResult,
  type Value,
} from '@meridian/mysql';
import type { Command } from '../command/command.ts';
import { withinMs, type Statement } from '../sql/script.ts';

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

/** An accepted command, as its row of the log will tell. */
export interface AcceptedClaim {
  readonly command: Pick<Command, 'requestId' | 'fingerprint' | 'name'>;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly answer: Uint8Array;
  readonly events: { readonly length: number };
  /** How many events of its group come before its own. */
  readonly eventsBefore: number;
}

/** Completes the claims of accepted commands; runs after the head was moved, whose old position LAST_INSERT_ID() gives. */
export function completeClaims(accepted: readonly AcceptedClaim[]): Statement {
  const rows = accepted.map(({ command, aggregateId, version, answer, events, eventsBefore }) => {
    const { requestId, fingerprint, name } = command;
    const values = [uuidToBytes(requestId), fingerprint, name, aggregateId, version, events.length, answer];
    const sql = `(?, ?, ?, ?, ?, LAST_INSERT_ID() + ${eventsBefore + 1}, ?, ?, UTC_TIMESTAMP(3))`;
    return { sql, values };
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
