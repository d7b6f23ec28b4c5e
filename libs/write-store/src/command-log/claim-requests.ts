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
import { withinMs, type Statement } from '../sql/statements.ts';

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
 * The three statements that claim a group's request ids. The first looks for ids that another transaction holds, and
 * waits at most `lockWaitMs` for that transaction to end. The second inserts in request-id order. The third looks for
 * ids that had been accepted before.
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
