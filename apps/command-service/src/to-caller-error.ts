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
 * What an error of a handler means to callers: a full queue, a replica that stops, a database that is busy, away or has lost
 * something, whichever statement found it so. Gives back what it does not know.
 */
export function toCallerError(error: unknown): unknown {
  if (error instanceof QueueFullError || error instanceof PoolFullError) {
    return resourceExhausted('QUEUE_FULL', 'too many commands are waiting; nothing was done, try again', 200);
  }
  if (error instanceof QueueClosedError) {
    return unavailable('SHUTTING_DOWN', 'this replica is stopping; nothing was done, ask another', {
      retryDelayMs: 50,
    });
  }
  if (error instanceof JournalBehindError)
    return unavailable('JOURNAL_BEHIND', error.message, { retryDelayMs: 5_000 });
  if (error instanceof CommandTooLargeError) {
    const message = 'the command writes more than one request to the database may hold: make it smaller';
    const { refusal } = refuse('failed-precondition', 'COMMAND_TOO_LARGE', message);
    return refusalError(refusal);
  }
  if (error instanceof StoreBusyError) {
    const message = 'others hold what the command needs; nothing was done, try again';
    return unavailable('STORE_BUSY', message, { retryDelayMs: 1_000 });
  }
  if (error instanceof StoreUnavailableError || isConnectionLost(error)) {
    const message = 'the database does not answer; the same request id may be sent again safely';
    return unavailable('STORE_UNAVAILABLE', message, { retryDelayMs: 500 });
  }
  return error;
}
