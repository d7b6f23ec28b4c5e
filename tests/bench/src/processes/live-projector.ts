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

/** What happened to a region: it stopped answering, answers again, or lacks something in so many partitions. */
export interface RegionNews {
  readonly region: string;
  readonly what: 'away' | 'answers' | 'lacks';
  readonly partitions: number;
  /** The time, in milliseconds of Date.now(). */
  readonly atMs: number;
}

/** What a projector has done since the last report, and how many partitions it has. */
export interface LiveAnswer {
  readonly applied: readonly AppliedBatch[];
  readonly news: readonly RegionNews[];
  readonly partitions: number;
}

const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const regions = (process.env['BENCH_REGIONS'] ?? '').split(',');
const keyspace = process.env['BENCH_KEYSPACE'] ?? '';
const topicPrefix = process.env['BENCH_SPACE'] ?? '';
const [home = ''] = regions;
const kafka = connectKafka({ brokers, clientId: 'bench-projector' });
const contactPoints = [process.env['BENCH_CASSANDRA'] ?? ''];
const connectRegion = (region: string) => connectCassandra({ contactPoints, localDataCenter: region });
const session = await connectRegion(home);
/** Whether a region that is away is left behind and brought back; else writes wait for it. */
const leavesBehind = process.env['BENCH_LEAVES_BEHIND'] === 'yes';

let applied: AppliedBatch[] = [];
let news: RegionNews[] = [];
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
    ...(leavesBehind ? { connectRegion } : {}),
    observer: {
      applied: (partition, events) => void applied.push({ partition, events, atMs: Date.now() }),
      regionAnswers: (region, answers) =>
        void news.push({ region, what: answers ? 'answers' : 'away', partitions: 0, atMs: Date.now() }),
      regionBehind: (region, partitions) =>
        void news.push({ region, what: 'lacks', partitions, atMs: Date.now() }),
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
    const told = { applied, news };
    [applied, news] = [[], []];
    return { ...told, partitions: running?.status().assigned.length ?? 0 };
  },
  async () => {
    await running?.stop();
    await session.close();
  },
);
