import { within } from '@meridian/async';
import { storeFailureOf, type CassandraSession } from '@meridian/cassandra';
import type { Log } from '@meridian/messaging';
import { createRegionBreaker, type RegionBreaker } from './region-breaker.ts';
import { createRegionSessions } from './region-sessions.ts';

/** Work that uses a session in one region, for `timeoutMs` at most. */
export type WorkInRegion = (there: CassandraSession, timeoutMs: number) => Promise<void>;

/** The regions other than home: which of them answer, and one session per region. */
export interface OtherRegions {
  readonly regions: readonly string[];
  /** Whether there is a way to connect to one region by itself. */
  readonly areReachable: boolean;
  /** Whether there is a way to ask a region whether it answers. */
  readonly canBeAsked: boolean;
  /** Whether a region answers, as far as is known. True for a region that is not one of these, such as home. */
  isHealthy(region: string): boolean;
  /**
   * Runs work with a session in one region. Rejects at once while the region does not answer. When the work fails
   * because the region is away or late, the region is left out until it answers again.
   */
  runIn(region: string, work: WorkInRegion): Promise<void>;
  /** As `runIn`, but a region where the work is late is not left out for that. */
  tryIn(region: string, work: WorkInRegion): Promise<void>;
  /** Whether each of these regions answers a read. A region that does not answer is left out from then on. */
  allAnswer(): Promise<boolean>;
  close(): Promise<void>;
}

/** How regions are reached and asked. */
export interface OtherRegionsOptions {
  readonly log: Log;
  /** Connects to a region by itself. Without it no region is left behind: a write waits until all of them have it. */
  connectRegion?(region: string): Promise<CassandraSession>;
  /** Asks a region through a session in it. Rejects while the region does not answer. */
  probe?(session: CassandraSession): Promise<unknown>;
  /** How long a region is waited for when it is written to by itself. */
  readonly regionTimeoutMs?: number;
  /** How often a region that did not answer is asked whether it does again. */
  readonly probePauseMs?: number;
  /** Told when a region stops answering and when it answers again. */
  onChange?(region: string, answers: boolean): void;
}

/** A first connection may meet a node that hangs before it finds one that answers. */
const CONNECT_TIMES = 3;

/** Connects to all regions at once, and again when a region is needed that could not be reached. */
export function createOtherRegions(regions: readonly string[], options: OtherRegionsOptions): OtherRegions {
  const { connectRegion, regionTimeoutMs = 2_000 } = options;
  const sessions = connectRegion && createRegionSessions(connectRegion, CONNECT_TIMES * regionTimeoutMs);
  const breakers = new Map(regions.map((region) => [region, breakerOf(region)]));
  // A write that needs another region's session is late already. It must not wait for a connection, too.
  for (const region of regions) sessions?.get(region).catch(() => undefined);

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

  const isHealthy = (region: string) => breakers.get(region)?.isHealthy() ?? true;

  async function answers(region: string): Promise<boolean> {
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
  }

  async function workIn(region: string, work: WorkInRegion): Promise<void> {
    if (!isHealthy(region)) throw new Error(`region ${region} does not answer`);
    try {
      const there = await sessions?.get(region);
      if (!there) throw new Error(`no way to region ${region} by itself`);
      await work(there, regionTimeoutMs);
    } catch (error) {
      if (storeFailureOf(error) === 'away') breakers.get(region)?.failed(error);
      throw error;
    }
  }

  return {
    regions,
    areReachable: sessions !== undefined,
    canBeAsked: options.probe !== undefined,
    isHealthy,
    async runIn(region, work) {
      try {
        await workIn(region, work);
      } catch (error) {
        if (isHealthy(region) && storeFailureOf(error) === 'late') breakers.get(region)?.failed(error);
        throw error;
      }
    },
    tryIn: workIn,
    allAnswer: async () => (await Promise.all(regions.map(answers))).every(Boolean),
    async close() {
      for (const breaker of breakers.values()) breaker.close();
      await sessions?.close();
    },
  };
}
