import { createMeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';

/** How long acknowledged orders took to be answered by a region. */
export interface Latency {
  /** Null when there is no sample. */
  readonly p50Ms: number | null;
  /** Null when there is no sample. */
  readonly p99Ms: number | null;
  /** Orders that were placed and asked for; none when the import found all of them placed already. */
  readonly samples: number;
}

/** Measures, during an import, the time from an order's acknowledgement to the answer of each region that includes it. */
export interface VisibilityProbe {
  placed(orderId: string, token: ConsistencyToken): void;
  /** Waits for the samples under way; by region. */
  results(): Promise<Readonly<Record<string, Latency>>>;
}

/** Samples at most so many orders, each by a question that carries its token and waits. */
export function probeVisibility(query: Readonly<Record<string, string>>, maxSamples = 500): VisibilityProbe {
  const clients = Object.entries(query).map(([region, address]) => ({
    region,
    client: createMeridianClient({ commandAddresses: [address], queryAddresses: [address] }),
    timesMs: [] as number[],
  }));
  const underWay: Promise<void>[] = [];
  return {
    placed(orderId, token) {
      if (underWay.length >= maxSamples * clients.length) return;
      const acknowledgedAt = performance.now();
      for (const { client, timesMs } of clients) {
        const question = client.orders.getOrder(
          { orderId, read: { token } },
          { deadline: 30_000, withToken: false },
        );
        underWay.push(question.then(() => void timesMs.push(performance.now() - acknowledgedAt)));
      }
    },
    async results() {
      await Promise.all(underWay);
      for (const { client } of clients) client.close();
      return Object.fromEntries(clients.map(({ region, timesMs }) => [region, latencyOf(timesMs)]));
    },
  };
}

/** Percentiles by nearest rank. */
export function latencyOf(timesMs: readonly number[]): Latency {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number) => {
    const timeMs = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return timeMs === undefined ? null : Math.round(timeMs * 10) / 10;
  };
  return { p50Ms: at(0.5), p99Ms: at(0.99), samples: sorted.length };
}
