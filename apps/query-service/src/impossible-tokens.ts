import { MAX_POSITION } from '@meridian/contracts';
import type { MissingPosition } from '@meridian/read-store';
import { refusalError } from '@meridian/rpc';

/**
 * How far beyond the newest position that a read model knows a true token may be. One fence raises the head by 10^12 at most, and the
 * events that a region has not heard of yet are fewer than that again.
 */
export const MAX_AHEAD: bigint = 2n * 10n ** 12n;

/**
 * Refuses a question that would wait for what cannot come, with FAILED_PRECONDITION and reason TOKEN_IMPOSSIBLE: a position that no
 * journal gives, or one so far beyond all that this read model has applied that this system's journal cannot have given it. Any other
 * token may be true, however new it is, and is waited for.
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
      'the token names what no journal of this system can have given: it is another system’s, or of a journal that is gone; ask without it',
    violations: impossible.map(({ key, required }) => ({
      type: 'TOKEN_IMPOSSIBLE',
      subject: key,
      description: `position ${required} is above ${bound}`,
    })),
  });
}
