import {
  contextOfAggregate,
  partitionKey,
  type EventEnvelope,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';
import { bigintOf, bytesOf, numberOf, uuidFromBytes, type MysqlConnection } from '@meridian/mysql';
import type { Claims, LoggedCommand } from '../command-log/claim-requests.ts';
import { aggregateTypeIn } from '../command/aggregates.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import type { Accepted } from './group.ts';
import type { Plan } from './decide-group.ts';

/** What the journal holds of a command that was accepted before. */
export interface LoggedEvents {
  readonly positions: Positions;
  /** The id of its first event. */
  readonly eventId: string | undefined;
}

/** What outcomes are made from, once the transaction has ended. */
export interface EndedTransaction {
  /** The events that the transaction has committed, in order of position; none when nothing was accepted. */
  readonly events: readonly EventEnvelope[];
  readonly claims: Claims;
  /** What the journal holds of the commands that were committed before, by request id. */
  readonly logged: ReadonlyMap<string, LoggedEvents>;
  /**
   * The first events of each command whose COMMIT nobody saw end. If the log holds the command with one of these
   * events, the command was accepted by this very call. That is no replay: the caller hears of the acceptance for the
   * first time. The event is taken out once the caller was told.
   */
  readonly ownEventIds: WeakMap<Command, Set<string>>;
}

/** How each command of a plan ended, in the order of the plan's commands. */
export function outcomesOf({ commands, group }: Plan, ended: EndedTransaction): readonly CommandOutcome[] {
  return group.decided.map((decided, index): CommandOutcome => {
    switch (decided.kind) {
      case 'accepted':
        return acceptedOutcome(decided, ended.events, false);
      case 'repeat':
        return acceptedOutcome(decided.of, ended.events, true);
      case 'replay':
        return loggedOutcome(decided.requestId, commands[index], ended);
      case 'conflict':
      case 'refused':
      case 'failed':
        return decided;
    }
  });
}

function acceptedOutcome(
  { aggregateId, version, answer, events, eventsBefore }: Accepted,
  all: readonly EventEnvelope[],
  replayed: boolean,
): CommandOutcome {
  const positions = newestPositions(all.slice(eventsBefore, eventsBefore + events.length));
  return { kind: 'accepted', aggregateId, version, answer, positions, replayed };
}

function loggedOutcome(
  requestId: string,
  command: Command | undefined,
  { claims, logged, ownEventIds }: EndedTransaction,
): CommandOutcome {
  const row = claims.find(requestId);
  if (!row) throw new Error('a replay without its row');
  const { aggregateId, version, answer } = row;
  const { positions = new Map(), eventId = '' } = logged.get(requestId) ?? {};
  const isOwn = command !== undefined && ownEventIds.get(command)?.delete(eventId) === true;
  return { kind: 'accepted', aggregateId, version, answer, positions, replayed: !isOwn };
}

/** The newest position in every partition of some events, which are in order of position. */
export function newestPositions(
  events: Iterable<Pick<EventEnvelope, 'context' | 'shard' | 'position'>>,
): Positions {
  const positions = new Map<PartitionKey, bigint>();
  for (const { context, shard, position } of events) positions.set(partitionKey(context, shard), position);
  return positions;
}

/** Reads what the journal holds of commands that were accepted before, one at least; by request id. */
export async function eventsOfLogged(
  connection: MysqlConnection,
  logged: readonly LoggedCommand[],
): Promise<ReadonlyMap<string, LoggedEvents>> {
  const results = await connection.runAll(
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
