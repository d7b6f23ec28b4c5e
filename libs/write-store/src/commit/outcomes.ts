import type { EventEnvelope } from '@meridian/contracts';
import type { Claims } from '../command-log/command-log.ts';
import type { LoggedEvents } from '../command-log/logged-events.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import { newestPositions } from '../journal/positions.ts';
import type { Accepted } from './decided.ts';
import type { Plan } from './plan.ts';

/** What outcomes are made from, once the transaction has ended. */
export interface EndedTransaction {
  /** The events that the transaction has committed, in order of position; none when nothing was accepted. */
  readonly events: readonly EventEnvelope[];
  readonly claims: Claims;
  /** What the journal holds of the commands that were committed before, by request id. */
  readonly logged: ReadonlyMap<string, LoggedEvents>;
  /**
   * The first events of each command whose COMMIT nobody saw end. If the log holds the command with one of these events, its
   * acceptance is this caller's own doing and no replay: the caller hears of it for the first time. Taken out once that was said.
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
