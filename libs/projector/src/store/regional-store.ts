import {
  storeFailureOf,
  type CassandraSession,
  type Consistency,
  type Placement,
  type Statement,
} from '@meridian/cassandra';
import { groupWrites, USUAL_GROUPS, type GroupBounds, type Send } from './grouped-writes.ts';
import { createOtherRegions, type OtherRegions, type OtherRegionsOptions } from './other-regions.ts';

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
export interface RegionalStoreOptions extends OtherRegionsOptions {
  /** A session in the home region. */
  readonly session: CassandraSession;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** How many requests are under way at once; writes that wait for their turn share one. */
  readonly maxRequestsInFlight?: number;
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
  const { session, regions } = options;
  const others = createOtherRegions(regions.slice(1), options);
  const joint = createJointWrites(others);

  const sendTo = (region: string, ...[statements, , placement]: Parameters<Send>) =>
    others.runIn(region, (there, timeoutMs) =>
      run(there, statements, { consistency: 'LOCAL_QUORUM', timeoutMs, placement }),
    );

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
    if (joint.mayGoTogether()) {
      try {
        await run(session, statements, { consistency: 'EACH_QUORUM', placement });
        joint.succeeded();
        return;
      } catch (error) {
        if (!others.areReachable || (await joint.isNoOutage(error))) throw error;
        joint.failed();
      }
    }
    const elsewhere = others.regions.map((region) => sendIfHealthy(region, ...write));
    const [home] = await Promise.allSettled([
      run(session, statements, { consistency: 'LOCAL_QUORUM', placement }),
      Promise.all(elsewhere),
    ]);
    if (home.status === 'rejected') throw home.reason;
  };
  const write = groupWrites(send, { ...USUAL_GROUPS, maxInFlight: options.maxRequestsInFlight ?? 16 });
  const writeTo = new Map(
    others.regions.map((region) => [region, groupWrites((...one) => sendTo(region, ...one), ONE_REGION)]),
  );

  return {
    regions,
    isHealthy: others.isHealthy,
    write,
    async writeTo(region, statements, placement) {
      const writeThere = writeTo.get(region);
      if (!writeThere) throw new Error(`region ${region} is not written to by itself`);
      await writeThere(statements, new Set([region]), placement);
    },
    close: others.close,
  };
}

/** Decides which writes go to all regions together, from how those before went. */
interface JointWrites {
  /** Whether to try all together; after a failure one write tries now and then, while the others stay apart. */
  mayGoTogether(): boolean;
  /** Whether a write to all that failed should be tried as it is: it says that the stores have too much to do, or is wrong. */
  isNoOutage(error: unknown): Promise<boolean>;
  /** A write to all was acknowledged by all. */
  succeeded(): void;
  /** A write to all failed for an outage. */
  failed(): void;
}

function createJointWrites(others: OtherRegions): JointWrites {
  let apartUntilMs = 0;
  let lateInARow = 0;
  let asking: Promise<boolean> | undefined;
  const stayApart = () => {
    apartUntilMs = performance.now() + APART_MS;
  };
  return {
    mayGoTogether() {
      if (!others.areReachable) return true;
      if (others.regions.some((region) => !others.isHealthy(region))) return false;
      if (apartUntilMs === 0) return true;
      if (performance.now() < apartUntilMs) return false;
      stayApart();
      return true;
    },
    async isNoOutage(error) {
      const kind = storeFailureOf(error);
      if (kind !== 'late') return kind !== 'away';
      if (!others.canBeAsked || ++lateInARow > MAX_LATE) return false;
      asking ??= others.allAnswer().finally(() => (asking = undefined));
      return asking;
    },
    succeeded() {
      apartUntilMs = 0;
      lateInARow = 0;
    },
    failed: stayApart,
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
