import type { ConsistencyToken } from '@meridian/contracts';
import type { RunningStack } from '@meridian/local-stack';
import { clientOf } from '../connect.ts';
import { explain } from '../explain.ts';
import type { Caller } from './caller.ts';

/** The time from an order's acknowledgement until a region answers with the order. */
export interface Latency {
  /** Null when there is no sample. */
  readonly p50Ms: number | null;
  /** Null when there is no sample. */
  readonly p99Ms: number | null;
  /** Orders that were placed, asked for and answered; 0 when the import found all orders placed already. */
  readonly samples: number;
  /** Orders that were placed and asked for without an answer. */
  readonly failed: number;
  /** The failure of the first of these orders. */
  readonly failure?: string;
}

/**
 * Measures, during an import, the time from an order's acknowledgement until each region's answer includes the order.
 */
export interface VisibilityProbe {
  placed(orderId: string, token: ConsistencyToken): void;
  /** Waits for the samples under way; by region. Never rejects: a sample without an answer is counted. */
  results(): Promise<Readonly<Record<string, Latency>>>;
  /** Closes the connections; samples under way fail. */
  close(): void;
}

/** Asks a region for an order and waits for an answer that includes the token. */
export interface ProbedRegion {
  readonly ask: (orderId: string, token: ConsistencyToken) => Promise<unknown>;
  readonly close: () => void;
}

/** The regions of a stack, asked by a caller. */
export function probedRegions(
  stack: Pick<RunningStack, 'access' | 'addresses' | 'regions'>,
  caller: Caller,
): Readonly<Record<string, ProbedRegion>> {
  const regions = stack.regions.map((region): [string, ProbedRegion] => {
    const client = clientOf(stack, region, caller);
    const options = { deadline: 30_000, withToken: false };
    const ask: ProbedRegion['ask'] = (orderId, token) =>
      client.orders.getOrder({ orderId, read: { token } }, options);
    return [region, { ask, close: () => client.close() }];
  });
  return Object.fromEntries(regions);
}

/**
 * Samples a bounded number of orders, with one waiting question per region and order, which carries the order's token.
 */
export function probeVisibility(
  regions: Readonly<Record<string, ProbedRegion>>,
  maxSamples = 500,
): VisibilityProbe {
  const probes = Object.entries(regions).map(([region, { ask, close }]) => ({
    region,
    ask,
    close,
    timesMs: [] as number[],
    failures: [] as string[],
  }));
  const underWay: Promise<void>[] = [];
  return {
    placed(orderId, token) {
      if (underWay.length >= maxSamples * probes.length) return;
      const acknowledgedAt = performance.now();
      for (const { ask, timesMs, failures } of probes) {
        const asked = ask(orderId, token).then(
          () => void timesMs.push(performance.now() - acknowledgedAt),
          (error: unknown) => void failures.push(explain(error)),
        );
        underWay.push(asked);
      }
    },
    async results() {
      await Promise.all(underWay);
      return Object.fromEntries(
        probes.map(({ region, timesMs, failures }) => [region, latencyOf(timesMs, failures)]),
      );
    },
    close() {
      for (const { close } of probes) close();
    },
  };
}

/** Percentiles by nearest rank of the samples that were answered. */
export function latencyOf(timesMs: readonly number[], failures: readonly string[] = []): Latency {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number) => {
    const timeMs = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return timeMs === undefined ? null : Math.round(timeMs * 10) / 10;
  };
  const [failure] = failures;
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    samples: sorted.length,
    failed: failures.length,
    ...(failure === undefined ? {} : { failure }),
  };
}
