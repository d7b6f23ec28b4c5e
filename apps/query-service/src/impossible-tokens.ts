import { MAX_POSITION } from '@meridian/contracts';
import type { MissingPosition } from '@meridian/read-store';
import { refusalError } from '@meridian/rpc';

/**
 * How far a true token may be beyond the newest position that a read model knows. One fence raises the head by 10^12 at most.
 * The events that a region has not heard of yet are fewer than another 10^12.
 */
export const MAX_AHEAD: bigint = 2n * 10n ** 12n;

/**
 * Refuses a question that would wait for a position that cannot come, with FAILED_PRECONDITION and reason
 * TOKEN_IMPOSSIBLE. One such position is above all that a journal can give. Another is too far beyond what this read
 * model has applied: this system's journal cannot have given it. Any other token may be true, however new it is, and
 * the question waits for it.
 */
export function refuseImpossible(missing: readonly MissingPosition[], highest: bigint): void {
  const ahead = highest + MAX_AHEAD;
  const bound = ahead < MAX_POSITION ? ahead : MAX_POSITION;
  const impossible = missing.filter(({ required }) => required > bound);
  if (impossible.length === 0) return;
  throw refusalError({
    kind: 'failed-precondition',
    code: 'TOKEN_IMPOSSIBLE',
    message:
      'the token names positions that this system’s journal cannot have given: it is of another system, or of a lost journal; ask without the token',
    violations: impossible.map(({ key, required }) => ({
      type: 'TOKEN_IMPOSSIBLE',
      subject: key,
      description: `position ${required} is above ${bound}`,
    })),
  });
}
