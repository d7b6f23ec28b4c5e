import cassandra from 'cassandra-driver';

/**
 * What the failure of a statement says of the store:
 * - `busy`: the store is there and refused, because it or our connections to it have too much to do.
 * - `late`: no answer came in time. The store has too much to do, or is away, or this statement is too heavy.
 * - `away`: nodes cannot be reached, or too few of them are up.
 * - `statement`: the store answered, and what is wrong is the statement: another one beside it may be right.
 */
export type StoreFailure = 'busy' | 'late' | 'away' | 'statement';

const { responseErrorCodes: codes } = cassandra.types;

const OF_CODE: ReadonlyMap<number, StoreFailure> = new Map([
  [codes.overloaded, 'busy'],
  [codes.writeTimeout, 'late'],
  [codes.readTimeout, 'late'],
  [codes.truncateError, 'late'],
  [codes.unavailableException, 'away'],
  [codes.isBootstrapping, 'away'],
  [codes.badCredentials, 'away'],
  // The driver then prepares the statement there. It shows this error only when the node was lost meanwhile.
  [codes.unprepared, 'away'],
]);

/** The order in which failures of several hosts count: what shows that one of them is there comes first. */
const OF_SEVERAL: readonly StoreFailure[] = ['busy', 'late', 'statement'];

/** Tells what a failure means. What the driver does not name, such as a broken connection, is taken for `away`. */
export function storeFailureOf(error: unknown): StoreFailure {
  const { errors } = cassandra;
  if (error instanceof errors.ResponseError) return OF_CODE.get(error.code) ?? 'statement';
  if (error instanceof errors.OperationTimedOutError) return 'late';
  if (error instanceof errors.BusyConnectionError) return 'busy';
  if (error instanceof errors.ArgumentError || error instanceof TypeError || error instanceof RangeError)
    return 'statement';
  if (!(error instanceof errors.NoHostAvailableError)) return 'away';
  const tried: unknown = error.innerErrors;
  const found = typeof tried === 'object' && tried ? Object.values(tried).map(storeFailureOf) : [];
  return OF_SEVERAL.find((kind) => found.includes(kind)) ?? 'away';
}
