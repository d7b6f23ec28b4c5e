import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';

/** The region's store did not take a question: it is away, too slow, or has no such table. */
export class RegionStoreError extends Error {
  override readonly name = 'RegionStoreError';
}

/** One region's store, watched over by a circuit breaker. */
export interface RegionStore {
  readonly region: string;
  /** Failures are all RegionStoreErrors, with what failed as their cause. */
  readonly session: CassandraSession;
  /** False from some failures in a row until a look in the background succeeds: ask another region meanwhile. */
  isServing(): boolean;
  close(): Promise<void>;
}

/** Where a region's store is, and who is told. */
export interface RegionStoreOptions {
  readonly region: string;
  readonly contactPoints: readonly string[];
  readonly keyspace: string;
  /** The time-out of one statement. */
  readonly timeoutMs: number;
  /** Told of every statement that fails. */
  onFailure(error: unknown, region: string): void;
  /** Told when the breaker opens and closes. */
  onServing?(region: string, serving: boolean): void;
}

/** So many statements in a row must fail: one alone may be a question's own fault. */
const FAILURES_TO_OPEN = 3;
const PROBE_EVERY_MS = 1_000;
const CLOSED_GRACE_MS = 2_000;

/** Opens a region's store: connects at once in the background, so that a region that stands in is not cold, and again until it can. */
export function openRegionStore(options: RegionStoreOptions): RegionStore {
  const { region, contactPoints, keyspace, timeoutMs, onFailure, onServing } = options;
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    halfOpenAfter: PROBE_EVERY_MS,
  });
  const lazy = connectedLazily(() =>
    connectCassandra({ contactPoints, localDataCenter: region, readTimeoutMs: timeoutMs }),
  );
  void lazy.session().catch((error: unknown) => onFailure(error, region));
  const probe = async () => {
    const session = await lazy.session();
    await session.execute(
      `SELECT position FROM ${keyspace}.projection_progress WHERE projector = ? AND generation = ? AND region = ?`,
      ['probe', 1, region],
      { consistency: 'LOCAL_QUORUM' },
    );
  };
  // No question pays for finding out: only this look goes through a breaker that is half open.
  const prober = setInterval(() => {
    if (breaker.state !== CircuitState.Closed) void breaker.execute(probe).catch(() => undefined);
  }, PROBE_EVERY_MS / 2);
  prober.unref();
  breaker.onBreak(() => onServing?.(region, false));
  breaker.onReset(() => onServing?.(region, true));

  async function guarded<T>(work: (session: CassandraSession) => Promise<T>): Promise<T> {
    if (breaker.state !== CircuitState.Closed) throw new RegionStoreError(`the store of ${region} is away`);
    try {
      return await breaker.execute(async () => work(await lazy.session()));
    } catch (error) {
      onFailure(error, region);
      throw new RegionStoreError('the store did not answer a question', { cause: error });
    }
  }
  return {
    region,
    session: {
      execute: (cql, params, how) => guarded((session) => session.execute(cql, params, how)),
      executeIf: (cql, params) => guarded((session) => session.executeIf(cql, params)),
      batch: (statements, how) => guarded((session) => session.batch(statements, how)),
      placementOf: () => undefined,
      schema: (statements) => guarded((session) => session.schema(statements)),
      close: () => lazy.close(),
    },
    isServing: () => breaker.state === CircuitState.Closed,
    async close() {
      clearInterval(prober);
      await lazy.close();
    },
  };
}

function connectedLazily(connect: () => Promise<CassandraSession>) {
  let session: Promise<CassandraSession> | undefined;
  return {
    session(): Promise<CassandraSession> {
      session ??= connect().catch((error: unknown) => {
        session = undefined;
        throw error;
      });
      return session;
    },
    async close(): Promise<void> {
      const open = session?.then((connected) => connected.close()).catch(() => undefined);
      const late = new Promise((resolve) => setTimeout(resolve, CLOSED_GRACE_MS).unref());
      await Promise.race([open, late]);
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
