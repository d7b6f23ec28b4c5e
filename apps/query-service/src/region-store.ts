import { setTimeout as pause } from 'node:timers/promises';
import { createLimiter, within } from '@meridian/async';
import {
  connectCassandra,
  storeFailureOf,
  type CassandraSecurity,
  type CassandraSession,
  type StoreFailure,
} from '@meridian/cassandra';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';

/** The region's store did not take a question: it is away, too slow, or has no such table. */
export class RegionStoreError extends Error {
  override readonly name = 'RegionStoreError';
}

/** The region's store is there, and has too much to do. To ask another region's store instead would not help. */
export class RegionStoreBusyError extends Error {
  override readonly name = 'RegionStoreBusyError';
}

/** One region's store, watched over by a circuit breaker. */
export interface RegionStore {
  readonly region: string;
  /** Failures are all RegionStoreErrors or RegionStoreBusyErrors, with what failed as their cause. */
  readonly session: CassandraSession;
  /** False while the store is known to be away, until a probe in the background succeeds. Ask another region meanwhile. */
  isServing(): boolean;
  close(): Promise<void>;
}

/** Where a region's store is, and who is told. */
export interface RegionStoreOptions {
  readonly region: string;
  readonly contactPoints: readonly string[];
  readonly security?: CassandraSecurity | undefined;
  readonly keyspace: string;
  /** The time-out of one statement. */
  readonly timeoutMs: number;
  /** Told of every statement that fails. */
  onFailure(error: unknown, region: string): void;
  /** Told when the breaker opens and closes. */
  onServing?(region: string, serving: boolean): void;
  /** How to connect; by the driver when left out. */
  connect?(): Promise<CassandraSession>;
}

/** After so many failures in a row a store counts as away. A statement that is itself at fault is no such failure. */
const FAILURES_TO_OPEN = 3;
const PROBE_EVERY_MS = 1_000;
/** A probe reads one row. A store that cannot do that in time cannot answer questions either. */
const PROBE_TIMEOUT_MS = 500;
const CLOSED_GRACE_MS = 2_000;
/** Statements under way at once: fewer than the driver takes per node before it refuses. */
const MAX_IN_FLIGHT = 1_024;
/** Statements that wait for that. */
const MAX_IN_LINE = 8_192;

const IS_THERE: ReadonlySet<StoreFailure> = new Set(['busy', 'statement']);

/** A probe found no answer. */
class SilentError extends Error {
  override readonly name = 'SilentError';
}

/** Opens a region's store. Connects at once in the background, so that a region is warm when it has to stand in for another. */
export function openRegionStore(options: RegionStoreOptions): RegionStore {
  const { region, contactPoints, security, keyspace, timeoutMs, onFailure, onServing } = options;
  const connect = () =>
    connectCassandra({ contactPoints, security, localDataCenter: region, readTimeoutMs: timeoutMs });
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof SilentError || storeFailureOf(error) === 'away'),
    { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter: PROBE_EVERY_MS },
  );
  const lazy = connectedLazily(options.connect ?? connect);
  void lazy.session().catch((error: unknown) => onFailure(error, region));
  const read = async () => {
    const session = await lazy.session();
    await session.execute(
      `SELECT position FROM ${keyspace}.projection_progress WHERE projector = ? AND generation = ? AND region = ?`,
      ['probe', 1, region],
      { consistency: 'LOCAL_QUORUM' },
    );
  };
  const probe = () =>
    within(PROBE_TIMEOUT_MS, read()).catch((error: unknown) => {
      // A missing table and a refusal are answers, too.
      if (!IS_THERE.has(storeFailureOf(error))) throw new SilentError('no answer', { cause: error });
    });
  const isClosed = () => breaker.state === CircuitState.Closed;
  // No question pays for finding out: only this probe goes through a breaker that is half open.
  const prober = setInterval(() => {
    if (!isClosed()) void breaker.execute(probe).catch(() => undefined);
  }, PROBE_EVERY_MS / 2);
  prober.unref();
  breaker.onBreak(() => onServing?.(region, false));
  breaker.onReset(() => onServing?.(region, true));
  const doubts = createDoubts(() => breaker.execute(probe), isClosed);
  const guarded = bounded(async <T>(work: (session: CassandraSession) => Promise<T>): Promise<T> => {
    if (!isClosed()) throw new RegionStoreError(`the store of ${region} is away`);
    const startedMs = performance.now();
    try {
      const answered = await breaker.execute(async () => work(await lazy.session()));
      doubts.answered();
      return answered;
    } catch (error) {
      onFailure(error, region);
      const kind = storeFailureOf(error);
      if (kind === 'late') doubts.late(startedMs);
      if (IS_THERE.has(kind)) doubts.answered();
      if (kind === 'busy') throw new RegionStoreBusyError(`the store of ${region} is busy`, { cause: error });
      throw new RegionStoreError('the store did not answer a question', { cause: error });
    }
  });
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
    isServing: isClosed,
    async close() {
      clearInterval(prober);
      await lazy.close();
    },
  };
}

/**
 * Finds out why a statement was not answered in time. When other statements were answered meanwhile, the store is there:
 * the statement is too heavy, or the store has too much to do. Otherwise the store is probed again and again, until it
 * answers or the breaker has opened.
 */
function createDoubts(probe: () => Promise<void>, isClosed: () => boolean) {
  let answeredMs = Number.NEGATIVE_INFINITY;
  let isDoubted = false;

  async function findOut(): Promise<void> {
    isDoubted = true;
    const sinceMs = performance.now();
    while (isClosed() && answeredMs < sinceMs) {
      // Every probe that fails counts for the breaker, which opens after a few.
      await probe().then(
        () => (answeredMs = performance.now()),
        () => undefined,
      );
    }
    isDoubted = false;
  }
  return {
    answered(): void {
      answeredMs = performance.now();
    },
    late(startedMs: number): void {
      if (!isDoubted && answeredMs < startedMs) void findOut();
    },
  };
}

/**
 * Bounds the statements that are under way at once, so that the driver refuses none of them. When too many wait already,
 * a further one is refused here.
 */
function bounded(
  run: <T>(work: (session: CassandraSession) => Promise<T>) => Promise<T>,
): <T>(work: (session: CassandraSession) => Promise<T>) => Promise<T> {
  const limited = createLimiter(MAX_IN_FLIGHT);
  let held = 0;
  return async (work) => {
    if (held >= MAX_IN_FLIGHT + MAX_IN_LINE)
      throw new RegionStoreBusyError(`${held} statements are under way or wait already`);
    held += 1;
    try {
      return await limited(() => run(work));
    } finally {
      held -= 1;
    }
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
      await Promise.race([open, pause(CLOSED_GRACE_MS, undefined, { ref: false })]);
    },
  };
}
