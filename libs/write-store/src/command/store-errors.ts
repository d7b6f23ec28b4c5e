/** MySQL cannot be reached, or went away and did not come back in time. Asking again with the same request id is safe. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * Others held rows that the command needs for as long as it might be tried. It changed nothing; asking again with the same
 * request id is safe.
 */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError';
}

/**
 * What a command alone would write is larger than one request to MySQL may be (its max_allowed_packet). It changed nothing; only a
 * larger limit, or a smaller command, will do.
 */
export class CommandTooLargeError extends Error {
  override readonly name = 'CommandTooLargeError';
}
