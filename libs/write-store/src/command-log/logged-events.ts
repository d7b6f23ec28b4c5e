import { contextOfAggregate, type Positions } from '@meridian/contracts';
import { bigintOf, bytesOf, numberOf, uuidFromBytes, type MysqlConnection } from '@meridian/mysql';
import { aggregateTypeIn } from '../command/aggregates.ts';
import { newestPositions } from '../journal/positions.ts';
import { runScript } from '../sql/script.ts';
import type { LoggedCommand } from './command-log.ts';

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
      sql: `SELECT event_id, aggregate_type, shard, position FROM journal
            WHERE position >= ? AND position < ? ORDER BY position`,
      values: [firstPosition, firstPosition + BigInt(eventCount)],
    })),
  );
  return new Map(
    logged.map(({ requestId }, index) => {
      const rows = results[index]?.rows ?? [];
      const events = rows.map((row) => ({
        context: contextOfAggregate(aggregateTypeIn(row)),
        shard: numberOf(row, 'shard'),
        position: bigintOf(row, 'position'),
      }));
      const eventId = rows[0] && uuidFromBytes(bytesOf(rows[0], 'event_id'));
      return [requestId, { positions: newestPositions(events), eventId }];
    }),
  );
}
