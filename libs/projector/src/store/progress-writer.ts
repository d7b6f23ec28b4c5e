import type { CassandraSession, Statement } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { type PartitionProgress, progressKey, progressStatement } from '@meridian/read-store';
import { createRegionalStore, type RegionalStore } from './regional-store.ts';
import { createQuickest, settled } from '@meridian/async';

/**
 * Records progress. Progress that comes while a record is under way goes together in the next record. Where a store is
 * far away, no record waits for another. Progress may be given in any order, since each record carries its position as
 * its timestamp.
 */
export interface ProgressWriter {
  /**
   * Records a progress of these regions. To be called only once their rows are written. Resolves with the regions that
   * have acknowledged their record. Rejects when the home region has not.
   */
  write(progress: PartitionProgress, regions: Iterable<string>): Promise<ReadonlySet<string>>;
}

/** Whose progress it is, and where it is kept. */
export interface ProgressWriterOptions {
  readonly session: Pick<CassandraSession, 'placementOf'>;
  readonly store: RegionalStore;
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
  /**
   * Whether the home region's progress is written after the progress of all others. So no region is ever recorded as behind
   * home, whenever the process ends. For fills: nobody brings a region back there, and Kafka may not hold what a region lacks.
   */
  readonly homeLast?: boolean;
}

interface Waiting {
  readonly progress: PartitionProgress;
  readonly regions: ReadonlySet<string>;
  readonly resolve: (acknowledged: ReadonlySet<string>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * From so long on, a store counts as far away. The quickest of many records decides: in a near store it takes a few
 * milliseconds.
 */
const FAR_MS = 40;
const LOOKED_AT = 32;

/**
 * Makes a writer. The progress of a region is one partition of the store. One record writes the progress of all regions, with all
 * Kafka partitions that moved. It costs one request where one node holds the progress of all regions, or else one request per region.
 */
export function createProgressWriter(options: ProgressWriterOptions): ProgressWriter {
  const { session, store, keyspace, projector, generation, homeLast = false } = options;
  const quickest = createQuickest(LOOKED_AT);
  const isFar = () => (quickest.ms() ?? 0) >= FAR_MS;
  let waiting: Waiting[] = [];
  let underWay = 0;

  function statementsFor(region: string, group: readonly Waiting[]): readonly Statement[] {
    const newest = new Map<PartitionKey, PartitionProgress>();
    for (const { progress, regions } of group) {
      const key = partitionKey(progress.context, progress.partition);
      // Of two records with the same position, the later one knows better where the topic goes on.
      if (regions.has(region) && (newest.get(key)?.position ?? 0n) <= progress.position)
        newest.set(key, progress);
    }
    const owner = { projector, generation, region };
    return [...newest.values()].map((progress) => progressStatement(keyspace, owner, progress));
  }

  const keyOf = (region: string) => progressKey({ projector, generation, region });

  /** Gives the regions that have acknowledged their own progress at a quorum. */
  async function record(group: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const recorded = new Set<string>();
    const recordOf = async (region: string) => {
      const statements = statementsFor(region, group);
      const acknowledged = new Set(store.regions);
      if (statements.length > 0)
        await store.write(statements, acknowledged, session.placementOf(keyspace, keyOf(region)));
      if (acknowledged.has(region)) recorded.add(region);
    };
    const [home = '', ...others] = store.regions;
    for (const together of homeLast ? [others, [home]] : [store.regions])
      await settled(together.map(recordOf));
    return recorded;
  }

  async function run(group: readonly Waiting[]): Promise<void> {
    const startedMs = performance.now();
    try {
      const recorded = await record(group);
      quickest.add(performance.now() - startedMs);
      for (const { regions, resolve } of group)
        resolve(new Set([...regions].filter((region) => recorded.has(region))));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  function begin(): void {
    if (waiting.length === 0 || (underWay > 0 && !isFar())) return;
    const group = waiting;
    waiting = [];
    underWay += 1;
    void run(group).finally(() => {
      underWay -= 1;
      begin();
    });
  }

  return {
    write: (progress, regions) =>
      new Promise((resolve, reject) => {
        waiting.push({ progress, regions: new Set(regions), resolve, reject });
        begin();
      }),
  };
}

/**
 * Records the progress of a partition for every region, at EACH_QUORUM. To be called only once the rows are written
 * at EACH_QUORUM.
 */
export async function writeProgress(
  session: CassandraSession,
  keyspace: string,
  { projector, generation, regions }: { projector: string; generation: number; regions: readonly string[] },
  progress: PartitionProgress,
): Promise<void> {
  const store = createRegionalStore({ session, regions, log: silentLog });
  await createProgressWriter({ session, store, keyspace, projector, generation }).write(progress, regions);
}
