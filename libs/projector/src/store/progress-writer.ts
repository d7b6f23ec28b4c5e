import type { CassandraSession, Statement } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { type PartitionProgress, progressKey, progressStatement } from '@meridian/read-store';
import { createRegionalStore, type RegionalStore } from './regional-store.ts';
import { createQuickest, settled } from '@meridian/async';

/**
 * Records progress: what comes while a record is on its way goes together with the next one. Where a store is far away, no record waits
 * for another. Records of one partition may be given at any time, since each carries its position as its timestamp.
 */
export interface ProgressWriter {
  /**
   * Records that these regions have applied this much; only after their rows are there. Resolves with those of them that
   * have acknowledged it, the home region always among them if it was asked. Rejects when the home region has not.
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
}

interface Waiting {
  readonly progress: PartitionProgress;
  readonly regions: ReadonlySet<string>;
  readonly resolve: (acknowledged: ReadonlySet<string>) => void;
  readonly reject: (error: unknown) => void;
}

/** A record takes so long at least where a store is far away. Near ones take a few milliseconds, the quickest of many. */
const FAR_MS = 40;
const LOOKED_AT = 32;

/**
 * Makes a writer. A region's progress is one partition of the store, and the progress of all regions is written in one
 * turn. The progress of all Kafka partitions that moved meanwhile costs one request where one node holds it.
 * Elsewhere it costs one request per region.
 */
export function createProgressWriter(options: ProgressWriterOptions): ProgressWriter {
  const { session, store, keyspace, projector, generation } = options;
  const quickest = createQuickest(LOOKED_AT);
  const isFar = () => (quickest.ms() ?? 0) >= FAR_MS;
  let waiting: Waiting[] = [];
  let underWay = 0;

  function statementsFor(region: string, group: readonly Waiting[]): readonly Statement[] {
    const newest = new Map<PartitionKey, PartitionProgress>();
    for (const { progress, regions } of group) {
      const key = partitionKey(progress.context, progress.partition);
      // At the same position the later record knows better where the topic goes on.
      if (regions.has(region) && (newest.get(key)?.position ?? 0n) <= progress.position)
        newest.set(key, progress);
    }
    const owner = { projector, generation, region };
    return [...newest.values()].map((progress) => progressStatement(keyspace, owner, progress));
  }

  const keyOf = (region: string) => progressKey({ projector, generation, region });

  /** The regions whose own progress is at a quorum of theirs. */
  async function record(group: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const recorded = new Set<string>();
    const writes = store.regions.map(async (region) => {
      const statements = statementsFor(region, group);
      const acknowledged = new Set(store.regions);
      if (statements.length > 0)
        await store.write(statements, acknowledged, session.placementOf(keyspace, keyOf(region)));
      if (acknowledged.has(region)) recorded.add(region);
    });
    await settled(writes);
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

/** Records how far a partition got, for every region, at EACH_QUORUM. Only after the rows are there at EACH_QUORUM. */
export async function writeProgress(
  session: CassandraSession,
  keyspace: string,
  { projector, generation, regions }: { projector: string; generation: number; regions: readonly string[] },
  progress: PartitionProgress,
): Promise<void> {
  const store = createRegionalStore({ session, regions, log: silentLog });
  await createProgressWriter({ session, store, keyspace, projector, generation }).write(progress, regions);
}
