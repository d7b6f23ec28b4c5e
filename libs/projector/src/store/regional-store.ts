import { within } from '@meridian/async';
import {
  storeFailureOf,
  type CassandraSession,
  type Consistency,
  type Placement,
  type Statement,
} from '@meridian/cassandra';
import type { Log } from '@meridian/messaging';
import { groupWrites, USUAL_GROUPS, type GroupBounds, type Send } from './grouped-writes.ts';
import { createRegionBreaker, type RegionBreaker } from './region-breaker.ts';
import { createRegionSessions } from './region-sessions.ts';

/** Writes to every region that answers, and knows which of them have what. */
export interface RegionalStore {
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /**
   * Writes statements of one partition of the store. Resolves when they are at a quorum of the home region, and takes every
   * region out of `acknowledged` that has not acknowledged them. Rejects when the home region has not. With a placement they may
   * share a request with others that are waiting; so many requests are under way at once, and more wait in line. What waits rejects
   * with the signal's reason when it is aborted.
   */
  write(
    statements: readonly Statement[],
    acknowledged: Set<string>,
    placement?: Placement,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Writes to a quorum of one region other than home. Rejects when it does not acknowledge, at once if it did not before. */
  writeTo(region: string, statements: readonly Statement[], placement?: Placement): Promise<void>;
  /** Whether a region answers, as far as is known; the home region always. */
  isHealthy(region: string): boolean;
  close(): Promise<void>;
}

/** Where the regions are. */
export interface RegionalStoreOptions {
  /** A session in the home region. */
  readonly session: CassandraSession;
  readonly regions: readonly string[];
  readonly log: Log;
  /** Connects to a region by itself. Without it no region is left behind: a write waits until all of them have it. */
  connectRegion?(region: string): Promise<CassandraSession>;
  /** Asks a region, through a session in it, whether it answers again: rejects while it does not. */
  probe?(session: CassandraSession): Promise<unknown>;
  /** How long a region is waited for when it is written to by itself. */
  readonly regionTimeoutMs?: number;
  /** How often a region that did not answer is asked whether it does again. */
  readonly probePauseMs?: number;
  /** How many requests are under way at once; writes that wait for their turn share one. */
  readonly maxRequestsInFlight?: number;
  /** Told when a region stops answering and when it answers again. */
  onChange?(region: string, answers: boolean): void;
}

/** Bringing a region back leaves the live events their room. */
const ONE_REGION: GroupBounds = { ...USUAL_GROUPS, maxInFlight: 4 };

/** How long regions are written to one by one after a write to all together has failed. */
const APART_MS = 5_000;

/** So many writes to all in a row may come too late while every region answers: then regions are written to one by one all the same. */
const MAX_LATE = 3;

/**
 * Makes the store. A write goes to all regions together, at EACH_QUORUM, while that works. When it fails, each region is
 * written to by itself, so that the one that does not answer is known; it is left out from then on until it answers again. A write that
 * only comes too late is none of that while every region answers a read: the stores have too much to do, and twice the writes are no help.
 * The same statement may so be written twice: it carries its timestamp.
 */
export function createRegionalStore(options: RegionalStoreOptions): RegionalStore {
  const { session, regions, connectRegion, regionTimeoutMs = 2_000 } = options;
  const others = regions.slice(1);
  const sessions = connectRegion && createRegionSessions(connectRegion, regionTimeoutMs);
  const breakers = new Map(others.map((region) => [region, breakerOf(region)]));
  let apartUntilMs = 0;
  let lateInARow = 0;
  let asking: Promise<boolean> | undefined;

  function breakerOf(region: string): RegionBreaker {
    return createRegionBreaker({
      pauseMs: options.probePauseMs ?? 1_000,
      async probe() {
        const there = await sessions?.get(region);
        if (there) await options.probe?.(there);
      },
      onChange(answers, error) {
        if (answers) options.log.warn({ region }, 'a region answers again');
        else options.log.error({ region, err: error }, 'a region does not answer: it is left behind');
        options.onChange?.(region, answers);
      },
    });
  }

  /** Whether to try all together; after a failure one write tries now and then, while the others stay apart. */
  function mayGoTogether(): boolean {
    if (!sessions) return true;
    if (others.some((region) => !isHealthy(region))) return false;
    if (apartUntilMs === 0) return true;
    if (performance.now() < apartUntilMs) return false;
    apartUntilMs = performance.now() + APART_MS;
    return true;
  }

  const isHealthy = (region: string) => breakers.get(region)?.isHealthy() ?? true;

  async function sendTo(region: string, ...[statements, , placement]: Parameters<Send>): Promise<void> {
    if (!isHealthy(region)) throw new Error(`region ${region} does not answer`);
    try {
      const there = await sessions?.get(region);
      if (!there) throw new Error(`no way to region ${region} by itself`);
      await run(there, statements, { consistency: 'LOCAL_QUORUM', timeoutMs: regionTimeoutMs, placement });
    } catch (error) {
      const kind = storeFailureOf(error);
      if (kind === 'away' || kind === 'late') breakers.get(region)?.failed(error);
      throw error;
    }
  }

  /** Whether every other region answers a read; one that does not is left out from then on. */
  async function allAnswer(): Promise<boolean> {
    const answers = others.map(async (region) => {
      try {
        const there = await sessions?.get(region);
        if (!there || !options.probe) return false;
        await within(regionTimeoutMs, options.probe(there));
        return true;
      } catch (error) {
        if (storeFailureOf(error) === 'busy') return true;
        breakers.get(region)?.failed(error);
        return false;
      }
    });
    return (await Promise.all(answers)).every(Boolean);
  }

  /** Whether a write to all that failed should be tried as it is: it says that the stores have too much to do, or is wrong. */
  async function isNoOutage(error: unknown): Promise<boolean> {
    const kind = storeFailureOf(error);
    if (kind !== 'late') return kind !== 'away';
    if (!options.probe || ++lateInARow > MAX_LATE) return false;
    asking ??= allAnswer().finally(() => (asking = undefined));
    return asking;
  }

  async function sendIfHealthy(region: string, ...write: Parameters<Send>): Promise<void> {
    const [, acknowledged] = write;
    if (!acknowledged.has(region)) return;
    try {
      await sendTo(region, ...write);
    } catch {
      acknowledged.delete(region);
    }
  }

  const send: Send = async (...write) => {
    const [statements, , placement] = write;
    if (mayGoTogether()) {
      try {
        await run(session, statements, { consistency: 'EACH_QUORUM', placement });
        apartUntilMs = 0;
        lateInARow = 0;
        return;
      } catch (error) {
        if (!sessions || (await isNoOutage(error))) throw error;
        apartUntilMs = performance.now() + APART_MS;
      }
    }
    const elsewhere = others.map((region) => sendIfHealthy(region, ...write));
    const [home] = await Promise.allSettled([
      run(session, statements, { consistency: 'LOCAL_QUORUM', placement }),
      Promise.all(elsewhere),
    ]);
    if (home.status === 'rejected') throw home.reason;
  };
  const write = groupWrites(send, { ...USUAL_GROUPS, maxInFlight: options.maxRequestsInFlight ?? 16 });
  const writeTo = new Map(
    others.map((region) => [region, groupWrites((...one) => sendTo(region, ...one), ONE_REGION)]),
  );

  return {
    regions,
    isHealthy,
    write,
    async writeTo(region, statements, placement) {
      const writeThere = writeTo.get(region);
      if (!writeThere) throw new Error(`region ${region} is not written to by itself`);
      await writeThere(statements, new Set([region]), placement);
    },
    async close() {
      for (const breaker of breakers.values()) breaker.close();
      await sessions?.close();
    },
  };
}

async function run(
  session: CassandraSession,
  statements: readonly Statement[],
  how: {
    readonly consistency: Consistency;
    readonly timeoutMs?: number;
    readonly placement: Placement | undefined;
  },
): Promise<void> {
  const { placement, ...options } = how;
  const [only] = statements;
  if (statements.length === 1 && only) await session.execute(only.cql, only.params, options);
  else await session.batch(statements, { ...options, ...(placement ? { placement } : {}) });
}
