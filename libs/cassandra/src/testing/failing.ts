import cassandra from 'cassandra-driver';
import type { StoreFailure } from '../store-failure.ts';

/** An error as the driver has it when a statement fails so. */
export function failing(kind: StoreFailure): Error {
  const { errors, types } = cassandra;
  const { responseErrorCodes: codes } = types;
  const answered = (code: number) => new errors.ResponseError(code, kind);
  switch (kind) {
    case 'busy':
      return answered(codes.overloaded);
    case 'late':
      return new errors.OperationTimedOutError('no answer in time', 'host');
    case 'away':
      return new errors.NoHostAvailableError({}, 'no host');
    case 'statement':
      return answered(codes.invalid);
  }
}
