import { SHARD_COUNT } from '@meridian/kernel';
import { CONTEXTS } from '../contexts.ts';
import { context } from './read-options.ts';
import { distinct, journalPosition, message, several, smallNumber } from './values.ts';

/** The rules of what operators ask, by path. */
export const journalRules = {
  '/meridian.operations.v1.JournalService/ReadJournal': message({
    fromPosition: journalPosition().optional(),
    untilPosition: journalPosition().optional(),
    shards: several(smallNumber(0, SHARD_COUNT - 1), 0, SHARD_COUNT).superRefine(
      distinct({ of: (shard) => shard }),
    ),
    limit: journalPosition().optional(),
    contexts: several(context(), 0, CONTEXTS.length).superRefine(distinct({ of: (one) => one })),
  }),
  '/meridian.operations.v1.JournalService/GetHead': message({}),
};
