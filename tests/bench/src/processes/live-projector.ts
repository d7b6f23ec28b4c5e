import { connectCassandra } from '@meridian/cassandra';
import { connectKafka, silentLog } from '@meridian/messaging';
import { type RunningProjection, runProjection } from '@meridian/projector';
import { firstGeneration } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { serve } from './serve.ts';

/** Requests to a projector: join its group, report the work since the last report, or leave its group. */
export interface LiveQuestion {
  readonly kind: 'join' | 'tell' | 'leave';
}

/** A batch of one partition that is applied in every region. */
export interface AppliedBatch {
  readonly partition: string;
  readonly events: number;
  /** The time, in milliseconds of Date.now(). */
  readonly atMs: number;
}

/** What a projector has done since the last report, and how many partitions it has. */
export interface LiveAnswer {
  readonly applied: readonly AppliedBatch[];
  readonly partitions: number;
}

const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const regions = (process.env['BENCH_REGIONS'] ?? '').split(',');
const keyspace = process.env['BENCH_KEYSPACE'] ?? '';
const topicPrefix = process.env['BENCH_SPACE'] ?? '';
const [home = ''] = regions;
const kafka = connectKafka({ brokers, clientId: 'bench-projector' });
const contactPoints = [process.env['BENCH_CASSANDRA'] ?? ''];
const session = await connectCassandra({ contactPoints, localDataCenter: home });

let applied: AppliedBatch[] = [];
let running: RunningProjection | undefined;

async function join(): Promise<RunningProjection> {
  return runProjection({
    projection: firstGeneration(ordersProjection),
    session,
    kafka,
    keyspace,
    regions,
    topicPrefix,
    log: silentLog,
    observer: {
      applied: (partition, events) => void applied.push({ partition, events, atMs: Date.now() }),
    },
    onCrash(error) {
      console.error(error);
      process.exit(1);
    },
  });
}

serve<LiveQuestion>(
  async ({ kind }): Promise<LiveAnswer> => {
    if (kind === 'join') running ??= await join();
    if (kind === 'leave') {
      await running?.stop();
      running = undefined;
    }
    const told = applied;
    applied = [];
    return { applied: told, partitions: running?.status().assigned.length ?? 0 };
  },
  async () => {
    await running?.stop();
    await session.close();
  },
);
