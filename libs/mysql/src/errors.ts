const DUPLICATE_KEY = 1062;
const DEADLOCK = 1213;
const LOCK_WAIT_TIMEOUT = 1205;
const QUERY_TIMEOUT = 3024;
const LOCK_NOWAIT = 3572;
const PACKET_TOO_LARGE = 1153;
const NO_SUCH_THREAD = 1094;
const KILL_DENIED = 1095;
const TOO_MANY_CONNECTIONS = 1040;
const SERVER_SHUTDOWN = 1053;
const OUT_OF_RANGE = 1690;
const READ_ONLY = new Set([1290, 1836]);

const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Too many callers wait for a connection, or other callers had all connections while this caller waited. Nothing was
 * sent.
 */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';
}

/**
 * The server answered no caller while this caller waited for a connection. Nothing was sent. The error counts as a lost
 * connection.
 */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/**
 * A session belongs to another account, so this connection may not end it. The session ends by its idle time-out. Until then
 * the error counts as a lost connection: what waits for the session's end waits on.
 */
export class SessionOfOtherAccountError extends Error {
  override readonly name = 'SessionOfOtherAccountError';
}

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

function hasNumber(error: unknown, ...numbers: readonly number[]): boolean {
  const found = property(error, 'errno');
  return typeof found === 'number' && numbers.includes(found);
}

/** Whether the database gave the work up in favour of others (deadlock, lock wait time-out): a retry may succeed. */
export function isRetryable(error: unknown): boolean {
  return hasNumber(error, DEADLOCK) || isLockWaitTimeout(error);
}

/**
 * Whether a statement waited for a row lock until its time limit. The limit is the session's lock wait time-out, or the
 * hint MAX_EXECUTION_TIME, which bounds a SELECT ... FOR UPDATE including its wait.
 */
export function isLockWaitTimeout(error: unknown): boolean {
  return hasNumber(error, LOCK_WAIT_TIMEOUT, QUERY_TIMEOUT);
}

/** Whether a statement that waits for no lock (NOWAIT) met a row that another transaction has locked. */
export function isRowLocked(error: unknown): boolean {
  return hasNumber(error, LOCK_NOWAIT);
}

/** Whether a row with this primary or unique key already exists. */
export function isDuplicateKey(error: unknown): boolean {
  return hasNumber(error, DUPLICATE_KEY);
}

/** Whether a number in a statement would not have fitted its type. */
export function isOutOfRange(error: unknown): boolean {
  return hasNumber(error, OUT_OF_RANGE);
}

/**
 * Whether the server refused a request as larger than its max_allowed_packet. The server then closes the connection,
 * and has done nothing.
 */
export function isPacketTooLarge(error: unknown): boolean {
  return hasNumber(error, PACKET_TOO_LARGE);
}

/** Whether the server has no connection of the id that was to be ended. */
export function isNoSuchConnection(error: unknown): boolean {
  return hasNumber(error, NO_SUCH_THREAD);
}

/** Whether the connection that was to be ended is of another account, and this one may not end it. */
export function isKillDenied(error: unknown): boolean {
  return hasNumber(error, KILL_DENIED);
}

/**
 * Whether the server cannot be reached, went away or did not answer in time. Work that was under way at that moment may
 * or may not have been done.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = property(error, 'code');
  return (
    error instanceof NoAnswerError ||
    error instanceof SessionOfOtherAccountError ||
    property(error, 'fatal') === true ||
    (typeof code === 'string' && LOST_CODES.has(code)) ||
    hasNumber(error, TOO_MANY_CONNECTIONS, SERVER_SHUTDOWN, ...READ_ONLY)
  );
}
