import { isConnectionLost, PoolFullError } from '@meridian/mysql';
import { refuse } from '@meridian/kernel';
import { refusalError, resourceExhausted, unavailable } from '@meridian/rpc';
import {
  CommandTooLargeError,
  JournalBehindError,
  QueueClosedError,
  QueueFullError,
  StoreBusyError,
  StoreUnavailableError,
} from '@meridian/write-store';

/**
 * Turns an error of a handler into the error that callers get. It knows a full queue, a replica that stops, and a
 * database that is busy, away or has lost something. Which statement found this makes no difference. Any other error is
 * returned unchanged.
 */
export function toCallerError(error: unknown): unknown {
  if (error instanceof QueueFullError || error instanceof PoolFullError) {
    return resourceExhausted('QUEUE_FULL', 'too many commands are waiting; nothing was done, try again', 200);
  }
  if (error instanceof QueueClosedError) {
    return unavailable(
      'SHUTTING_DOWN',
      'this replica is stopping; nothing was done, send the command again to another replica',
      {
        retryDelayMs: 50,
      },
    );
  }
  if (error instanceof JournalBehindError)
    return unavailable('JOURNAL_BEHIND', error.message, { retryDelayMs: 5_000 });
  if (error instanceof CommandTooLargeError) {
    const message =
      'the command writes more than one request to the database may hold; nothing was done, send a smaller command';
    const { refusal } = refuse('failed-precondition', 'COMMAND_TOO_LARGE', message);
    return refusalError(refusal);
  }
  if (error instanceof StoreBusyError) {
    const message = 'other commands hold rows that this command needs; nothing was done, try again';
    return unavailable('STORE_BUSY', message, { retryDelayMs: 1_000 });
  }
  if (error instanceof StoreUnavailableError || isConnectionLost(error)) {
    const message =
      'the database does not answer; send the command again with the same request id, which is safe';
    return unavailable('STORE_UNAVAILABLE', message, { retryDelayMs: 500 });
  }
  return error;
}
