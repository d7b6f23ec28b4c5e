import { rises } from './rises.ts';

/** Something that is to meet a request on its way. */
export interface Strike {
  /** Lets it meet the next request. */
  arm(): void;
  /** Takes that back. */
  disarm(): void;
  /** How many requests it has met. */
  count(): number;
}

/**
 * Waits until a request is met, but no longer than `withinMs`, and says whether one was. Where none was, nothing is met later:
 * a fault that is over must not harm what comes after it.
 */
export async function strikes({ arm, disarm, count }: Strike, withinMs: number): Promise<boolean> {
  const struck = rises(count, withinMs);
  arm();
  if (await struck) return true;
  disarm();
  return false;
}
