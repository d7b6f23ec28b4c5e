import { createPool } from '@meridian/mysql';
import type { Sample, Sides } from '../measure/measurement.ts';
import type { LoadAnswer, LoadQuestion } from '../processes/load-orders.ts';
import type { OrderMix } from '../processes/order-mix.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { ensureFixture } from '../system/fixture.ts';
import type { Service } from '../system/service.ts';
import { type RunVersion, THIS_VERSION } from '../system/version.ts';

/** Orders of five lines, spread evenly over the products. */
export const EVEN: OrderMix = { lines: 5, hotShare: 0 };
/** Orders of five lines, four of them on ten hot products. */
export const HOT: OrderMix = { lines: 5, hotShare: 0.8 };

const COMMAND_MAIN = 'apps/command-service/src/main.ts';

/** A server of orders, ours or the raw server, with its load process. */
export interface OrderServers {
  readonly addresses: readonly string[];
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** Runs of one side at its best concurrency. */
export interface BestRuns {
  readonly best: number;
  readonly run: () => Promise<Sample>;
}

/** The same with the processes that were started for it. */
export interface StartedRuns extends BestRuns {
  stop(): Promise<void>;
}

/** Starts replicas of command-service, relay off, on a fixture. */
export async function startOurs(
  system: BenchSystem,
  {
    space,
    storedOrders,
    replicas = 1,
    environment = {},
    version = THIS_VERSION,
  }: {
    readonly space: string;
    readonly storedOrders: number;
    readonly replicas?: number;
    readonly environment?: Readonly<Record<string, string>>;
    readonly version?: RunVersion;
  },
): Promise<OrderServers> {
  await ensureFixture(system.mysql, space, storedOrders, version.migrations);
  await system.admit(space);
  const services: Service[] = [];
  for (let index = 0; index < replicas; index++) {
    const more = { MERIDIAN_RELAY: 'off', MERIDIAN_REPLICA: `bench-${index}`, ...environment };
    services.push(await system.startService('command-service', COMMAND_MAIN, space, more, version.workspace));
  }
  return {
    addresses: services.map(({ address }) => address),
    pids: Object.fromEntries(services.map(({ pid }, index) => [`command-service ${index + 1}`, pid])),
    stop: async () => void (await Promise.all(services.map((service) => service.stop()))),
  };
}

/** The schema of the raw handler. */
export const rawSpaceOf = (storedOrders: number): string => `bench_raw_${storedOrders}`;

/** Starts the raw handler on a fixture of its own. */
export async function startRaw(
  system: BenchSystem,
  { storedOrders, connections }: { readonly storedOrders: number; readonly connections: number },
): Promise<OrderServers> {
  const space = rawSpaceOf(storedOrders);
  await ensureFixture(system.mysql, space, storedOrders);
  const pool = createPool({ url: system.mysql.url, database: space, queryTimeoutMs: 600_000 });
  await pool.query('ALTER TABLE journal MODIFY position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT');
  await pool.close();
  const child = await startChild('raw-orders-service.ts', {
    BENCH_MYSQL_URL: system.mysql.url,
    BENCH_DATABASE: space,
    BENCH_CONNECTIONS: String(connections),
  });
  const port = await child.ask<number>({});
  return { addresses: [`127.0.0.1:${port}`], pids: { 'raw handler': child.pid }, stop: () => child.stop() };
}

/** Loads servers once. Throws when a call failed: a rate with failures in it would mean nothing. */
export async function loadOnce(
  system: BenchSystem,
  loader: Child,
  servers: OrderServers,
  question: Omit<LoadQuestion, 'addresses'>,
): Promise<Sample & { readonly times: readonly number[] }> {
  const pids = { ...servers.pids, load: loader.pid, ...(await system.enginePids()) };
  const cpuSince = startCpuCount(pids);
  const answer = await loader.ask<LoadAnswer>({ ...question, addresses: servers.addresses });
  if (answer.failed > 0) throw new Error(`${answer.failed} calls failed: ${answer.failure}`);
  return {
    value: answer.accepted / answer.seconds,
    operations: answer.accepted,
    times: answer.timesMs,
    cpuSeconds: cpuSince(),
  };
}

/**
 * The candidate with the highest rate. A candidate (a concurrency) at which calls fail is more than the machine
 * carries, and is skipped. Rejects when calls fail at every candidate.
 */
export async function bestOf(
  candidates: readonly number[],
  rateOf: (candidate: number) => Promise<number>,
): Promise<number> {
  let best: { readonly candidate: number; readonly rate: number } | undefined;
  let failure = new Error('there is nothing to try');
  for (const candidate of candidates) {
    try {
      const rate = await rateOf(candidate);
      if (!best || rate > best.rate) best = { candidate, rate };
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  }
  if (!best) throw failure;
  return best.candidate;
}

/**
 * The best of candidates that rise twofold, as `bestOf` has it. When it is the first or the last of them, the next number beyond is
 * tried too.
 */
export async function bestAround(
  candidates: readonly number[],
  rateOf: (candidate: number) => Promise<number>,
): Promise<number> {
  const rates = new Map<number, number>();
  const keep = async (candidate: number) => {
    const rate = rates.get(candidate) ?? (await rateOf(candidate));
    rates.set(candidate, rate);
    return rate;
  };
  const best = await bestOf(candidates, keep);
  const beyond = [
    ...(best === candidates[0] ? [best / 2] : []),
    ...(best === candidates.at(-1) ? [best * 2] : []),
  ];
  return bestOf([best, ...beyond], keep);
}

/** Both sides with a loader, all stopped together. */
export function sidesOf(
  loader: Child,
  servers: readonly OrderServers[],
  ours: () => Promise<Sample>,
  raw: () => Promise<Sample>,
  notes: readonly string[] = [],
): Sides {
  return {
    ours,
    raw,
    notes,
    async close() {
      await Promise.all([loader.stop(), ...servers.map((server) => server.stop())]);
    },
  };
}

/** How long each candidate is tried. */
const SWEEP_SECONDS = 2;

/**
 * Runs of one side with as many calls in flight as give the highest rate: a short run with each of the candidates tells. The side
 * must be warm.
 */
export async function runsAtBest(
  candidates: readonly number[],
  seconds: number,
  load: (callsInFlight: number, seconds: number) => Promise<Sample>,
): Promise<BestRuns> {
  const sweep = Math.min(SWEEP_SECONDS, seconds);
  const best = await bestOf(candidates, async (callsInFlight) => (await load(callsInFlight, sweep)).value);
  return { best, run: () => load(best, seconds) };
}
