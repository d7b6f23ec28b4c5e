import type { CassandraSession, Statement } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import { progressStatement, type PartitionProgress } from './progress.ts';

/** Records progress: what comes while a record is on its way goes together with the next one. */
export interface ProgressWriter {
  /** Resolves when this progress is at EACH_QUORUM, for every region. Only after the rows are there. Rejects when it may not be. */
  write(progress: PartitionProgress): Promise<void>;
}

/** Whose progress it is, and where it is kept. */
export interface ProgressWriterOptions {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
  readonly regions: readonly string[];
}

interface Waiting {
  readonly progress: PartitionProgress;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes a writer. A region's progress is one partition of the store, so that of all Kafka partitions costs one batch a region,
 * however many of them moved meanwhile.
 */
export function createProgressWriter(options: ProgressWriterOptions): ProgressWriter {
  const { session, keyspace, regions } = options;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  async function record(group: readonly Waiting[]): Promise<void> {
    const newest = new Map<PartitionKey, PartitionProgress>();
    for (const { progress } of group) {
      const key = partitionKey(progress.context, progress.partition);
      if ((newest.get(key)?.position ?? 0n) < progress.position) newest.set(key, progress);
    }
    const writes = regions.map((region) => {
      const owner = { projector: options.projector, generation: options.generation, region };
      const statements = [...newest.values()].map((progress) => progressStatement(keyspace, owner, progress));
      return send(session, statements);
    });
    for (const result of await Promise.allSettled(writes))
      if (result.status === 'rejected') throw result.reason;
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await record(group);
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = undefined;
  }

  return {
    write: (progress) =>
      new Promise((resolve, reject) => {
        waiting.push({ progress, resolve, reject });
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
  const writer = createProgressWriter({ session, keyspace, projector, generation, regions });
  await writer.write(progress);
}

async function send(session: CassandraSession, statements: readonly Statement[]): Promise<void> {
  const [only] = statements;
  if (statements.length === 1 && only)
    await session.execute(only.cql, only.params, { consistency: 'EACH_QUORUM' });
  else await session.batch(statements, { consistency: 'EACH_QUORUM' });
}
