import { createBudget, endsWithin, settled } from '@meridian/async';
import {
  storeFailureOf,
  type CassandraSession,
  type Consistency,
  type Placement,
  type Statement,
} from '@meridian/cassandra';
import type { GroupSize } from './group-queue.ts';
import { groupWrites, USUAL_GROUPS, type Send } from './grouped-writes.ts';
import { firstOf } from './first-of.ts';
import { createHedgeDelay } from './hedge-delay.ts';
import type { PaceBounds } from './pace.ts';
import {
  createOtherRegions,
  type OtherRegions,
  type OtherRegionsOptions,
  type WorkInRegion,
} from './other-regions.ts';

/** Writes to every region that answers, and tells which regions have acknowledged a write. */
export interface RegionalStore {
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /**
   * Writes statements of one partition of the store. Resolves when they are at a quorum of the home region. Takes every
   * other region out of `acknowledged` that has not acknowledged them. Rejects when the home region has not.
   *
   * The number of requests under way is bounded, and further writes wait in line. With a placement, a write may share a
   * request with other writes that wait. When the signal is aborted, a write that still waits rejects with the signal's
   * reason.
   */
  write(
    statements: readonly Statement[],
    acknowledged: Set<string>,
    placement?: Placement,
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Writes to a quorum of one region other than home. Rejects when the region does not acknowledge, and at once while
   * it does not answer.
   */
  writeTo(region: string, statements: readonly Statement[], placement?: Placement): Promise<void>;
  /** Whether a region answers, as far as is known. Always true for the home region. */
  isHealthy(region: string): boolean;
  close(): Promise<void>;
}

/** Where the regions are. */
export interface RegionalStoreOptions extends OtherRegionsOptions {
  /** A session in the home region. */
  readonly session: CassandraSession;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** How many requests are under way at once at most. Writes that wait for their turn share a request. */
  readonly maxRequestsInFlight?: number;
  /** How much one request writes at most, when it writes several partitions. */
  readonly batches?: GroupSize;
}

/** Bringing a region back leaves room for live events: more than four requests are under way only to a distant region. */
const ONE_REGION: PaceBounds = { firstInFlight: 4, maxInFlight: 64 };

/** How long each region is written to by itself after a write to all regions together has failed. */
const APART_MS = 5_000;

/**
 * So many writes to all regions, in a row, may be late while every region answers a read. After that, each region is written to by
 * itself all the same.
 */
const MAX_LATE = 3;

/**
 * Makes the store. A write goes to all regions together, at EACH_QUORUM, while that works. When such a write fails,
 * each region is written to by itself. This shows which region does not answer. From then on, this region is left out
 * until it answers again. A write that is only late is no such failure while every region answers a read. Then the stores have
 * too much to do, or a node hangs. So the write is tried again after a pause, in each region by itself. A statement may be written
 * twice this way: it carries its timestamp, so the second write changes nothing.
 */
export function createRegionalStore(options: RegionalStoreOptions): RegionalStore {
  const { session, regions, batches = USUAL_GROUPS } = options;
  const others = createOtherRegions(regions.slice(1), options);
  const joint = createJointWrites(others);

  const toRegion =
    (...[statements, , placement]: Parameters<Send>): WorkInRegion =>
    (there, timeoutMs) =>
      run(there, statements, { consistency: 'LOCAL_QUORUM', timeoutMs, placement });

  const sendTo = (region: string, ...write: Parameters<Send>) => others.runIn(region, toRegion(...write));

  async function sendIfHealthy(region: string, ...write: Parameters<Send>): Promise<void> {
    const [, acknowledged] = write;
    if (!acknowledged.has(region)) return;
    try {
      await sendTo(region, ...write);
    } catch {
      acknowledged.delete(region);
    }
  }

  const runHome = (...[statements, , placement]: Parameters<Send>) =>
    run(session, statements, { consistency: 'LOCAL_QUORUM', placement });

  const sendHome = homeSend(runHome);

  const sendEach = (...write: Parameters<Send>) =>
    settled([runHome(...write), ...others.regions.map((region) => others.tryIn(region, toRegion(...write)))]);

  const sendToAll = jointSend(session, others, joint, sendEach);

  const send: Send = async (...write) => {
    const [, , , { triesBefore }] = write;
    if (joint.mayGoTogether()) {
      try {
        return await sendToAll(...write);
      } catch (error) {
        if (!others.areReachable || (await joint.isNoOutage(error, triesBefore > 0))) throw error;
        joint.failed();
      }
    }
    const elsewhere = others.regions.map((region) => sendIfHealthy(region, ...write));
    const [home] = await Promise.allSettled([sendHome(...write), Promise.all(elsewhere)]);
    if (home.status === 'rejected') throw home.reason;
  };
  const write = groupWrites(send, { ...batches, maxInFlight: options.maxRequestsInFlight ?? 16 });
  const writeTo = new Map(
    others.regions.map((region) => [
      region,
      groupWrites((...one) => sendTo(region, ...one), { ...batches, ...ONE_REGION }),
    ]),
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

/** Sends to the home region, by another node as well when the answer is late. */
const homeSend = (runHome: Send): Send =>
  hedged({
    usual: runHome,
    other: byAnotherCoordinator(runHome),
    hasOther: (...[, , placement]) =>
      placement?.coordinator !== undefined && placement.coordinators.length > 1,
    helped: (...[, , , attempt]) => attempt.coordinatorIsLate(),
  });

/**
 * Sends to every region, or fails. In each other region, one node takes a write and hands it on to the replicas there. When that node
 * hangs, only a coordinator in the region itself can bring the write there in time (`sendEach`).
 */
function jointSend(
  session: CassandraSession,
  { areReachable }: OtherRegions,
  joint: JointWrites,
  sendEach: Send,
): Send {
  const sendTogether = hedged({
    async usual(...[statements, , placement]) {
      const succeeded = joint.begin();
      await run(session, statements, { consistency: 'EACH_QUORUM', placement });
      succeeded();
    },
    other: byAnotherCoordinator(sendEach),
    hasOther: () => areReachable,
    helped(...[, , , attempt]) {
      joint.helped();
      attempt.coordinatorIsLate();
    },
  });
  return async (...write) => {
    const [, , , { triesBefore }] = write;
    if (triesBefore === 0 || !areReachable) return sendTogether(...write);
    await sendEach(...write);
    joint.helped();
  };
}

/** Sends by another node than the one that was named, where there is one. */
const byAnotherCoordinator =
  (send: Send): Send =>
  (statements, acknowledged, placement, attempt) => {
    const coordinator = attempt.otherCoordinator();
    const by = placement && coordinator !== undefined ? { ...placement, coordinator } : placement;
    return send(statements, acknowledged, by, attempt);
  };

/** Two ways to send the same write. */
interface SendWays {
  readonly usual: Send;
  /** Goes by other nodes than the usual way. */
  readonly other: Send;
  /** Whether there are other nodes for a write. */
  hasOther(...write: Parameters<Send>): boolean;
  /** Called with a write that the other way has answered first. */
  helped(...write: Parameters<Send>): void;
}

/**
 * How long a write waits for its answer before it also goes the other way. The driver's time-out is 3 s.
 */
const HEDGE_DELAY = { leastMs: 400, mostMs: 1_500 };
/** For ten answers in time, one write may go twice, and at most ten at once: a slow store must not get twice the work. */
const HEDGES = { share: 0.1, burst: 10 };

/**
 * Sends a write the usual way. When the answer is late, the write goes the other way as well, and the first answer counts. (Dean and
 * Barroso, The Tail at Scale, 2013.) A node that hangs then delays a write by a moment, and not by a whole time-out. One late write
 * tries this. If the other way was quicker, the other late writes follow. Otherwise the store has too much to do, and must not get
 * twice the work.
 */
function hedged({ usual, other, hasOther, helped }: SendWays): Send {
  const budget = createBudget(HEDGES);
  const delay = createHedgeDelay(HEDGE_DELAY);
  let trial: Promise<boolean> | undefined;

  /** Also sends the other way. Gives whether that was answered first. */
  async function tryOther(sent: Promise<void>, write: Parameters<Send>): Promise<boolean> {
    let isAnswered = false;
    const answered = sent.then(() => void (isAnswered = true));
    const otherwise = other(...write).then(() => {
      if (!isAnswered) helped(...write);
    });
    await firstOf(answered, otherwise);
    return !isAnswered;
  }

  async function goesTwice(sent: Promise<void>): Promise<boolean> {
    const helps = trial ? await Promise.race([trial, sent.then(() => false)]) : true;
    if (!helps || !budget.has()) return false;
    budget.spend();
    return true;
  }

  return async (...write) => {
    const sentAtMs = performance.now();
    const sent = usual(...write).then(() => delay.answered(performance.now() - sentAtMs));
    const isLate = hasOther(...write) && !(await endsWithin(delay.ms(), sent));
    if (isLate && (await goesTwice(sent))) {
      const tried = tryOther(sent, write);
      trial ??= tried.catch(() => false).finally(() => (trial = undefined));
      await tried;
    } else {
      await sent;
      budget.earn();
    }
  };
}

/**
 * Decides whether writes go to all regions together, by how earlier writes ended.
 *
 * | state    | how a write goes                                        | what ends the state                                           |
 * | -------- | ------------------------------------------------------- | ------------------------------------------------------------- |
 * | together | to all regions at once                                  | `failed` or `helped`: apart. A region does not answer: away   |
 * | apart    | to each region by itself                                | `APART_MS` are over: trying                                   |
 * | trying   | the first to all regions at once, the others apart      | that write succeeds: together. Otherwise apart, as long again |
 * | away     | to each region that answers, by itself                  | all regions answer again: the state before                    |
 */
interface JointWrites {
  /**
   * Whether a write goes to all regions together. After a failure, one write tries that now and then; the others go
   * to each region by itself.
   */
  mayGoTogether(): boolean;
  /**
   * Whether a write to all regions failed although no region is away. Then the stores have too much to do, or the write
   * itself is wrong.
   */
  isNoOutage(error: unknown, wasApart: boolean): Promise<boolean>;
  /**
   * A write to all regions together begins. The function that this gives is to be called once all of them have acknowledged it. A
   * write that began before the last failure says nothing of the time after it.
   */
  begin(): () => void;
  /** A write to all regions together failed because a region is away. */
  failed(): void;
  /** A late write was in time when it went to each region by itself. For a while, no write goes to all together. */
  helped(): void;
}

function createJointWrites(others: OtherRegions): JointWrites {
  let apartUntilMs = 0;
  let lateInARow = 0;
  let asking: Promise<boolean> | undefined;
  let timesApart = 0;
  const stayApart = () => {
    timesApart += 1;
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
    async isNoOutage(error, wasApart) {
      const kind = storeFailureOf(error);
      const tooMuch = kind === 'late' || (kind === 'busy' && wasApart);
      if (!tooMuch) return kind !== 'away';
      if (!others.canBeAsked || ++lateInARow > MAX_LATE) return false;
      asking ??= others.allAnswer().finally(() => (asking = undefined));
      return asking;
    },
    begin() {
      const before = timesApart;
      return () => {
        if (timesApart !== before) return;
        apartUntilMs = 0;
        lateInARow = 0;
      };
    },
    failed: stayApart,
    helped() {
      lateInARow = 0;
      stayApart();
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
  const { placement, ...rest } = how;
  const options = placement ? { ...rest, placement } : rest;
  const [only] = statements;
  if (statements.length === 1 && only) await session.execute(only.cql, only.params, options);
  else await session.batch(statements, options);
}
