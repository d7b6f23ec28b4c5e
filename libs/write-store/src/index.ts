// The write store, in folders that import each other one way only (`npm run check:cycles`):
//
// | folder      | what is in it                                                             | imports                               |
// | ----------- | ------------------------------------------------------------------------- | ------------------------------------- |
// | sql         | statements, and requests made of them                                     |                                       |
// | command     | commands, aggregates, outcomes, errors                                    | sql                                   |
// | journal     | events: reading, fences, what is known of the head                        | command, sql                          |
// | state       | the tables of aggregates, and the working copy that a command changes     | command, sql                          |
// | command-log | request ids: claiming, finding, purging                                   | command, sql                          |
// | commit      | one group: begin, decide, plan, send, outcomes; attempts around all that  | command-log, journal, state, and below |
// | queue       | group commit, and commands that wait for held rows                        | commit, command                       |
// | verify      | `meridian journal verify`                                                 | journal, state, and below             |
// | checks      | settings and keys that are checked at the start                           |                                       |
import { fileURLToPath } from 'node:url';

export type { AggregateEvents, AggregateRef, AggregateStates, Versioned } from './command/aggregates.ts';
export { purgeCommandLog } from './command-log/purge.ts';
export * from './queue/command-queue.ts';
export type { Command, CommandDecision, NewEvent, WorkingCopy } from './command/command.ts';
export type { CommandOutcome, CommandResult, GroupOutcome, HeldOutcome } from './command/outcome.ts';
export * from './checks/durability.ts';
export { NoEventError } from './commit/decide-group.ts';
export { readJournalId } from './journal/journal-identity.ts';
export {
  FenceTooHighError,
  fenceJournal,
  MAX_FENCE_POSITIONS,
  readFences,
  type JournalFence,
} from './journal/journal-fence.ts';
export type { Violation, ViolationKind } from './verify/findings.ts';
export * from './verify/verify-journal.ts';
export {
  checkKeys,
  keyCheckOf,
  moveKeyCheck,
  type AcceptedKeys,
  type CheckedKey,
} from './checks/key-checks.ts';
export {
  checkJournal,
  createKnownJournal,
  JournalBehindError,
  readJournalState,
  type JournalBehind,
  type JournalState,
  type KnownJournal,
} from './journal/known-journal.ts';
export type { CommittedEvents } from './commit/tail.ts';
export { readAggregate, readHead, type EventHeader } from './journal/journal.ts';
export * from './journal/journal-pages.ts';
export { EVENT_OVERHEAD_BYTES, readShards } from './journal/journal-reads.ts';
export type * from './journal/journal-reads.ts';
export * from './command/store-errors.ts';
export type { RowKey } from './command/row-key.ts';
export { createUnitOfWork, type UnitOfWork, type UnitOfWorkOptions } from './commit/unit-of-work.ts';
export { UnlockedAggregateError } from './state/working-copy.ts';

/** The folder of the schema's migrations, for `migrate` of @meridian/mysql. */
export const migrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
