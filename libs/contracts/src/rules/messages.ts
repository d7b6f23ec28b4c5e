import { SHARD_COUNT } from '@meridian/kernel';
import { z } from 'zod';
import { CONTEXTS, toWireContext } from '../contexts.ts';
import { currencyCode, journalPosition, smallNumber, storedCurrencyCode, wholeNumber } from './values.ts';

/** One entry per partition of each context. */
const MAX_TOKEN_ENTRIES = CONTEXTS.length * SHARD_COUNT;

/** A message with exactly these fields, each with its rule. */
export function message<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined,
  });
}

/** So many of something. */
export function several<Item extends z.ZodType>(item: Item, min: number, max: number) {
  const told = `must have ${min} to ${max} entries`;
  return z.array(item).min(min, told).max(max, told);
}

/** An amount that an order may already have, in minor units within a range. Its currency may have been withdrawn since. */
export const owedMoney = (min: bigint, max: bigint) =>
  message({ currencyCode: storedCurrencyCode(), amountMinor: wholeNumber(min, max) });

/** The price of one piece, in a currency that is in use. */
export const price = () =>
  message({ currencyCode: currencyCode(), amountMinor: wholeNumber(0n, 1_000_000_000n) });

/** A value that must differ among the entries of a list, and the name of the field that holds it, if it is not the entry. */
interface Distinct<Item> {
  readonly of: (item: Item) => unknown;
  readonly field?: string;
}

/** Refuses every entry that repeats an earlier one. */
export function distinct<Item>({ of, field }: Distinct<Item>) {
  return (items: readonly Item[], context: z.core.$RefinementCtx): void => {
    const seen = new Set<unknown>();
    for (const [index, item] of items.entries()) {
      const value = of(item);
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: field ? [index, field] : [index],
          message: 'is there twice',
        });
      seen.add(value);
    }
  };
}

const tokenEntry = message({
  context: z.literal(CONTEXTS.map(toWireContext), 'must be a context other than CONTEXT_UNSPECIFIED'),
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
