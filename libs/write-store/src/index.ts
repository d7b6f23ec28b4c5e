import { fileURLToPath } from 'node:url';

export { CONTEXT_OF, type AggregateRef, type AggregateStates, type Versioned } from './aggregates.ts';
export { purgeCommandLog } from './command-log.ts';
export * from './command-queue.ts';
export type {
  Command,
  CommandDecision,
  CommandOutcome,
  CommandResult,
  HeldOutcome,
  WorkingCopy,
} from './command.ts';
export * from './durability.ts';
export { NoEventError } from './group.ts';
export { readJournalId } from './journal-identity.ts';
export {
  FenceTooHighError,
  fenceJournal,
  MAX_FENCE_POSITIONS,
  readFences,
  type JournalFence,
} from './journal-fence.ts';
export type { Violation, ViolationKind } from './journal-verify/findings.ts';
export * from './journal-verify/verify-journal.ts';
export { checkKeys, keyCheckOf, type CheckedKey } from './key-checks.ts';
export {
  checkJournal,
  createKnownJournal,
  JournalBehindError,
  readJournalState,
  type JournalBehind,
  type JournalState,
  type KnownJournal,
} from './known-journal.ts';
export { readAggregate, readHead, type CommittedEvents, type EventHeader } from './journal.ts';
export * from './journal-reads.ts';
export * from './store-errors.ts';
export type { RowKey } from './held-rows.ts';
export {
  createUnitOfWork,
  type GroupOutcome,
  type UnitOfWork,
  type UnitOfWorkOptions,
} from './unit-of-work.ts';
export { UnlockedAggregateError, type RecordedEvent } from './working-copy.ts';

/** The folder of the schema's migrations, for `migrate` of @meridian/mysql. */
export const migrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
