import { setTimeout as pause } from 'node:timers/promises';
import { partitionKey } from '@meridian/contracts';
import { changeSchema, checkedName } from '@meridian/cassandra';
import { readProgress } from '../progress.ts';
import {
  createHandler,
  ensureTables,
  runProjection,
  type ProjectionStatus,
  type RunningProjection,
  type RunProjectionOptions,
} from '../run-projection.ts';
import { fill, type Journal } from './fill.ts';
import {
  createRegisterTableCql,
  enterRegister,
  readRegister,
  setFilled,
  setFillUntil,
  type Generation,
} from './register.ts';

/** What feeding needs. */
export interface FeedOptions extends RunProjectionOptions {
  /** Where a new generation is filled from; a rebuild waits while there is none. */
  readonly journal?: Journal;
  /** How often to look for generations that came or went. */
  readonly lookEveryMs?: number;
}

interface Fed {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  running?: RunningProjection;
}

/**
 * Feeds every generation of this version of a projection's code: the live one, those that are being rebuilt (from the journal
 * first, then from Kafka), and those that were live before, until they are dropped. Looks for changes by itself, so a rebuild or a
 * drop needs no restart. Makes the first generation when there is none.
 */
export async function feedGenerations(options: FeedOptions): Promise<RunningProjection> {
  const { projection, session, log, lookEveryMs = 1_000 } = options;
  const keyspace = checkedName(options.keyspace);
  await changeSchema(session, [createRegisterTableCql(keyspace)]);
  await enterRegister(session, keyspace, projection);
  const fed = new Map<number, Fed>();
  const stopping = new AbortController();

  async function look(): Promise<void> {
    const register = await readRegister(session, keyspace, projection.name);
    const wanted = (register?.generations ?? []).filter(
      ({ version, droppedAt }) => version === projection.generation && !droppedAt,
    );
    for (const [number, one] of fed) {
      if (wanted.some(({ generation }) => generation === number)) continue;
      log.info(
        { projector: projection.name, generation: number },
        'the generation was dropped: it is fed no more',
      );
      await end(one);
      fed.delete(number);
    }
    for (const generation of wanted)
      if (!fed.has(generation.generation)) fed.set(generation.generation, feed(generation, options));
    if (wanted.length === 0)
      log.warn(
        { projector: projection.name, version: projection.generation },
        'no generation of this version: rebuild',
      );
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (error) {
        log.warn(
          { err: error, projector: projection.name },
          'the generations could not be read; looking again',
        );
      }
      await pause(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  await look();
  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
      await Promise.all([...fed.values()].map(end));
    },
    status: () => joined([...fed.values()].flatMap(({ running }) => (running ? [running.status()] : []))),
  };
}

function joined(statuses: readonly ProjectionStatus[]): ProjectionStatus {
  return {
    assigned: statuses.flatMap(({ assigned }) => assigned),
    lastActivityAt: Math.min(Date.now(), ...statuses.map(({ lastActivityAt }) => lastActivityAt)),
  };
}

async function end({ stop, done }: Fed): Promise<void> {
  stop.abort();
  await done;
}

/** Fills a generation as far as that is still to be done, then follows Kafka until it is stopped. */
function feed(generation: Generation, options: FeedOptions): Fed {
  const { log, projection } = options;
  const stop = new AbortController();
  const own: FeedOptions = { ...options, projection: { ...projection, generation: generation.generation } };
  const fed: Fed = { stop, done: run() };

  async function attempt(): Promise<void> {
    await ensureTables(own.session, own.keyspace, own.projection);
    await fillUp(generation, own, stop.signal);
    fed.running = await runProjection(own);
  }

  async function run(): Promise<void> {
    // What `fed` names is there before the first attempt gives it something to run.
    await Promise.resolve();
    while (!stop.signal.aborted && !fed.running) {
      try {
        await attempt();
      } catch (error) {
        if (stop.signal.aborted) break;
        const about = { err: error, projector: projection.name, generation: generation.generation };
        log.warn(about, 'the generation could not be fed yet; trying again');
        await pause(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await fed.running?.stop();
  }
  return fed;
}

const RETRY_MS = 1_000;

async function fillUp(
  { generation, ...found }: Generation,
  options: FeedOptions,
  signal: AbortSignal,
): Promise<void> {
  const { session, keyspace, projection, journal, regions, log } = options;
  if (found.filledAt) return;
  let { fillUntil } = found;
  if (fillUntil === undefined) {
    if (!journal) throw new Error('a rebuild needs the journal: set MERIDIAN_JOURNAL_ADDRESSES');
    await setFillUntil(session, keyspace, projection.name, { generation, fillUntil: await journal.head() });
    const register = await readRegister(session, keyspace, projection.name);
    fillUntil = register?.generations.find((one) => one.generation === generation)?.fillUntil ?? 0n;
  }
  const until = fillUntil;
  if (until > 0n) {
    if (!journal) throw new Error('a rebuild needs the journal: set MERIDIAN_JOURNAL_ADDRESSES');
    log.info({ projector: projection.name, generation, until: until.toString() }, 'filling from the journal');
    const [region = ''] = regions;
    await fill({
      ...{ journal, until, signal },
      contexts: projection.contexts,
      topicPrefix: options.topicPrefix,
      maxEventsPerSecond: found.maxEventsPerSecond,
      handler: createHandler(options),
      async reached(shard) {
        const owner = { projector: projection.name, generation, region };
        const { positions } = await readProgress(session, keyspace, owner);
        const each = projection.contexts.map((context) => positions.get(partitionKey(context, shard)) ?? 0n);
        return each.reduce((low, position) => (position < low ? position : low));
      },
    });
  }
  await setFilled(session, keyspace, projection.name, generation);
  log.info({ projector: projection.name, generation }, 'the generation is filled; it follows Kafka now');
}
