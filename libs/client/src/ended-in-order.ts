import { callFailure } from '@meridian/rpc';

/** The server ends streams for these reasons in order, also those that had nothing to say for days: no failures. */
const IN_ORDER: ReadonlySet<string> = new Set(['STREAM_AGE', 'STREAM_TOKEN_EXPIRED']);

/** Whether a stream has ended because it was old, or because its access token expired: go on with a new one, where this one ended. */
export function endedInOrder(error: unknown): boolean {
  return IN_ORDER.has(callFailure(error)?.reason ?? '');
}
