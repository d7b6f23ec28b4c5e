import { partitionKey, type ContextName, type Positions } from '@meridian/contracts';
import type { Violation } from '../system/violation.ts';

/** An answer lacks what its session had seen before. */
export const honoured = (detail: string): Violation => ({ rule: 'tokens are honoured', detail });
/** An answer shows what never was. */
export const untrue = (detail: string): Violation => ({ rule: 'answers follow from the journal', detail });
/** An answer shows more than its token names. */
export const unnamed = (detail: string): Violation => ({ rule: 'tokens name what is shown', detail });

/** The position of a partition in a token; 0 when the token does not name the partition. */
export const at = (positions: Positions, context: ContextName, shard: number): bigint =>
  positions.get(partitionKey(context, shard)) ?? 0n;

/** The last of some states that a token names. */
export function lastNamed<T extends { readonly position: bigint }>(
  states: readonly T[],
  position: bigint,
): T | undefined {
  return states.findLast((state) => state.position <= position);
}
