import { fileURLToPath } from 'node:url';

export { CONTEXT_OF, type AggregateRef, type AggregateStates, type Versioned } from './command/aggregates.ts';
export { purgeCommandLog } from './command-log/command-log.ts';
export * from './queue/command-queue.ts';
export type {
  Command,
  CommandDecision,
  CommandOutcome,
  CommandResult,
  HeldOutcome,
  WorkingCopy,
} from './command/command.ts';
export * from './checks/durability.ts';
export { NoEventError } from './commit/group.ts';
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
export { checkKeys, keyCheckOf, type CheckedKey } from './checks/key-checks.ts';
export {
  checkJournal,
  createKnownJournal,
  JournalBehindError,
  readJournalState,
  type JournalBehind,
  type JournalState,
  type KnownJournal,
} from './journal/known-journal.ts';
export { readAggregate, readHead, type CommittedEvents, type EventHeader } from './journal/journal.ts';
export * from './journal/journal-reads.ts';
export * from './command/store-errors.ts';
export type { RowKey } from './commit/held-rows.ts';
export {
  createUnitOfWork,
  type GroupOutcome,
  type UnitOfWork,
  type UnitOfWorkOptions,
} from './commit/unit-of-work.ts';
export { UnlockedAggregateError, type RecordedEvent } from './state/working-copy.ts';

/** The folder of the schema's migrations, for `migrate` of @meridian/mysql. */
export const migrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
