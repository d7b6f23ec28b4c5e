import type { CassandraSession, Statement } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { type PartitionProgress, progressKey, progressStatement } from '@meridian/read-store';
import { createRegionalStore, type RegionalStore } from './regional-store.ts';
import { settled } from '@meridian/async';

/** Records progress: what comes while a record is on its way goes together with the next one. */
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

/**
 * Makes a writer. A region's progress is one partition of the store, and the progress of all regions is written in one
 * turn. The progress of all Kafka partitions that moved meanwhile costs one request where one node holds it.
 * Elsewhere it costs one request per region.
 */
export function createProgressWriter(options: ProgressWriterOptions): ProgressWriter {
  const { session, store, keyspace, projector, generation } = options;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

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

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        const recorded = await record(group);
        for (const { regions, resolve } of group)
          resolve(new Set([...regions].filter((region) => recorded.has(region))));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = undefined;
  }

  return {
    write: (progress, regions) =>
      new Promise((resolve, reject) => {
        waiting.push({ progress, regions: new Set(regions), resolve, reject });
        running ??= run();
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
