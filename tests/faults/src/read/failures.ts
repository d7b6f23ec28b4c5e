import { failureOf, refusalOf } from '@meridian/client';

/** Why a call was not answered. */
export interface Failure {
  /**
   * - parked: refused, because events of what was asked for are parked or deferred
   * - passing: with a status that a fault may excuse
   * - unforeseen: with a status that no fault excuses
   */
  readonly kind: 'parked' | 'passing' | 'unforeseen';
  /** Its status; the text of an error that has none. */
  readonly status: string;
}

const PASSING = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED']);

/** Tells failures that a fault may excuse from those that none does. */
export function toFailure(error: unknown): Failure {
  if (refusalOf(error)?.reason === 'AGGREGATE_PARKED') return { kind: 'parked', status: 'AGGREGATE_PARKED' };
  const status = failureOf(error)?.status ?? String(error);
  return { kind: PASSING.has(status) ? 'passing' : 'unforeseen', status };
}
