import type { CassandraSession } from '../session.ts';

/** Stands where a test expects no call, and fails the test that comes here. */
export const unused = (): never => {
  throw new Error('not asked for here');
};

/** A session that answers what is given, and nothing else. */
export function sessionWith(given: Partial<CassandraSession> = {}): CassandraSession {
  return {
    execute: unused,
    executeIf: unused,
    batch: unused,
    schema: unused,
    placementOf: unused,
    close: unused,
    ...given,
  };
}
