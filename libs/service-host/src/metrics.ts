import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Options of a metric. A name can be used only once; a second use throws. */
export interface MetricOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

/** A service's metrics, in Prometheus' form. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label>;
  /** `collect` is called at every scrape. */
  gauge<Label extends string>(
    options: MetricOptions<Label> & { collect?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label>;
  /** Buckets are in the unit of the name; by default 1 ms to 10 s, for seconds. */
  histogram<Label extends string>(
    options: MetricOptions<Label> & { readonly buckets?: readonly number[] },
  ): Histogram<Label>;
  /** Counts a gRPC call as under way until observeCall: give it to startRpcServer as `onBegun`. */
  callBegun(path: string): void;
  /** Counts and times gRPC calls: give it to startRpcServer as `observe`. */
  observeCall(path: string, status: string, durationMs: number): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry with the process's default metrics, every metric labelled with the service's name. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Histogram({
    name: 'meridian_rpc_duration_seconds',
    help: 'How long gRPC calls took, by method and status.',
    labelNames: ['method', 'status'] as const,
    buckets: SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'meridian_rpc_in_flight',
    help: 'gRPC calls under way, by method.',
    labelNames: ['method'] as const,
    registers,
  });
  // A call may end of which nobody told that it began: it does not count below zero.
  const begun = new Map<string, number>();
  const count = (method: string, change: 1 | -1): void => {
    const calls = Math.max(0, (begun.get(method) ?? 0) + change);
    begun.set(method, calls);
    inFlight.set({ method }, calls);
  };
  return {
    registry,
    counter: ({ name, help, labelNames = [] }) => new Counter({ name, help, labelNames, registers }),
    gauge({ name, help, labelNames = [], collect }) {
      const gauge = new Gauge({
        name,
        help,
        labelNames,
        registers,
        async collect() {
          await collect?.(gauge);
        },
      });
      return gauge;
    },
    histogram: ({ name, help, labelNames = [], buckets = SECONDS }) =>
      new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
    callBegun(path) {
      count(path.slice(1), 1);
    },
    observeCall(path, status, durationMs) {
      count(path.slice(1), -1);
      calls.observe({ method: path.slice(1), status }, durationMs / 1_000);
    },
  };
}
