import path from 'node:path';
import { startEngines, workspaceFolder } from '@meridian/engines';
import { startApartSystem } from './apart-system.ts';
import type { ApartSystem, BenchSystem, OpenSystem } from './bench-system.ts';
import { profileChildren } from './child.ts';
import { startClosedSystem } from './closed-system.ts';
import { systemOnOpen } from './open-engines.ts';

/**
 * The last commit before work began on "The read side at a cluster's size, and an order at half its cost" (issue 18). The next commits
 * run all projections in one process, answer from an aggregate's own rows, and make keys once.
 */
export const BEFORE_HALF_THE_COST = 'c7ee8f1';

/** What the bench is told. */
export interface BenchOptions {
  /** A folder for CPU profiles. */
  readonly profileFolder?: string | undefined;
  /** Where its own engines keep their data. */
  readonly dataFolder?: string | undefined;
  readonly before?: string | undefined;
  /** Cassandra nodes per region: one where it is left out. A folder's engines keep their number of nodes. */
  readonly nodesPerRegion?: number;
  /** Ends a start of engines that is under way: it rejects with the signal's reason, and ends what it began. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the bench's own engines, or uses the engines of the environment. The data of its own engines, fixtures
 * included, is kept for the next run.
 */
export async function startBenchSystem({
  profileFolder,
  nodesPerRegion = 1,
  dataFolder = path.join(workspaceFolder(), '.meridian/bench', folderOf(nodesPerRegion)),
  before = BEFORE_HALF_THE_COST,
  signal,
}: BenchOptions = {}): Promise<OpenSystem> {
  profileChildren(profileFolder);
  const external = process.env['MERIDIAN_KAFKA_BROKERS'] !== undefined;
  const engines = await startEngines({
    mode: external ? 'external' : 'local',
    dataFolder,
    compiler: 'full',
    ...(external ? {} : { nodesPerRegion }),
    onProgress: ({ message }) => process.stderr.write(`  ${message}\n`),
    signal,
  });
  const system = systemOnOpen(engines, { dataFolder, profileFolder });
  let closed: Promise<BenchSystem> | undefined;
  let apart: Promise<ApartSystem> | undefined;
  /** Those that have started. A system that did not start was told of where it was asked for. */
  const others = async () => {
    const started = await Promise.allSettled([closed, apart]);
    return started.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  };
  const stop = async () => {
    await Promise.all([system, ...(await others())].map((one) => one.stop()));
  };
  return {
    ...system,
    before,
    closed() {
      if (external)
        return Promise.reject(new Error('the engines of the environment are open: unset their variables'));
      closed ??= startClosedSystem(`${dataFolder}-closed`, profileFolder, signal);
      return closed;
    },
    apart() {
      if (external)
        return Promise.reject(new Error('the engines that the environment names cannot be apart'));
      apart ??= stop().then(() => startApartSystem(`${dataFolder}-apart`, profileFolder, signal));
      return apart;
    },
    async clear() {
      await Promise.all([system, ...(await others())].map((one) => one.clear()));
    },
    stop,
  };
}

const folderOf = (nodesPerRegion: number) =>
  nodesPerRegion === 1 ? 'engines' : `engines-${nodesPerRegion}-nodes`;
