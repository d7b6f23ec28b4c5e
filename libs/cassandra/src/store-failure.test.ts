import cassandra from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { storeFailureOf } from './store-failure.ts';

const { errors, types } = cassandra;
const { responseErrorCodes: codes } = types;
const answered = (code: number) => new errors.ResponseError(code, 'refused');
const noHost = (...inner: readonly Error[]) =>
  new errors.NoHostAvailableError(Object.fromEntries(inner.map((error, n) => [`host-${n}`, error])));
const silent = new errors.OperationTimedOutError('late', 'host');
const full = new errors.BusyConnectionError('host', 2_048, 2);

describe('the failure of a statement', () => {
  it.each([
    ['an overloaded node', answered(codes.overloaded), 'busy'],
    ['full connections', noHost(full, full), 'busy'],
    ['a full and a broken connection', noHost(new Error('ECONNREFUSED'), full), 'busy'],
    ['replicas that do not answer the coordinator', answered(codes.writeTimeout), 'late'],
    ['a node that does not answer', silent, 'late'],
    ['no node that answers', noHost(new Error('ECONNREFUSED'), silent), 'late'],
    ['too few replicas', answered(codes.unavailableException), 'away'],
    ['no node', noHost(), 'away'],
    ['no node that can be connected to', noHost(new Error('ECONNREFUSED')), 'away'],
    ['a node that was lost while it prepared', noHost(answered(codes.unprepared)), 'away'],
    ['a broken connection', new Error('ECONNRESET'), 'away'],
    ['a batch that is too large', answered(codes.invalid), 'statement'],
    ['too many tombstones', answered(codes.readFailure), 'statement'],
    ['a value of another type', new TypeError('not enough bytes'), 'statement'],
  ])('by %s is told', (_what, error, kind) => {
    expect(storeFailureOf(error)).toBe(kind);
  });
});
