import type { CassandraSession } from '@meridian/cassandra';

/** The region's store did not take a question: it is away, too slow, or has no such table. */
export class RegionStoreError extends Error {
  override readonly name = 'RegionStoreError';
}

/** A session whose failures are all RegionStoreErrors, with what failed as their cause; each is told first. */
export function regionStore(
  session: CassandraSession,
  onFailure: (error: unknown) => void,
): CassandraSession {
  return {
    ...session,
    async execute(cql, params, options) {
      try {
        return await session.execute(cql, params, options);
      } catch (error) {
        onFailure(error);
        throw new RegionStoreError('the store did not answer a question', { cause: error });
      }
    },
  };
}

/** The work's outcome, or a RegionStoreError once the deadline has passed; the work itself goes on. */
export async function byDeadline<T>(work: Promise<T>, deadline: Date): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new RegionStoreError('the store did not answer in time')),
    Math.max(0, deadline.getTime() - Date.now()),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
