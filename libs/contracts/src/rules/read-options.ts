import { SHARD_COUNT } from '@meridian/kernel';
import { z } from 'zod';
import { CONTEXTS, toWireContext } from '../contexts.ts';
import { distinct, journalPosition, message, several, smallNumber } from './values.ts';

/** One entry per partition of each context. */
const MAX_TOKEN_ENTRIES = CONTEXTS.length * SHARD_COUNT;

/** A context that owns events. */
export const context = () =>
  z.literal(CONTEXTS.map(toWireContext), 'must be a context other than CONTEXT_UNSPECIFIED');

const tokenEntry = message({
  context: context(),
  partition: smallNumber(0, SHARD_COUNT - 1),
  position: journalPosition(),
});

const token = message({
  entries: several(tokenEntry, 0, MAX_TOKEN_ENTRIES).superRefine(
    distinct({ of: ({ context, partition }) => `${context}/${partition}`, field: 'partition' }),
  ),
});

/** What a question may demand of its answer. */
export const readOptions = () => message({ token: token.optional() }).optional();
