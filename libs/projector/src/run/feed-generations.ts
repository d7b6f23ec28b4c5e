import { setTimeout as pause } from 'node:timers/promises';
import { unlessAborted } from '@meridian/async';
import { changeSchema, checkedName } from '@meridian/cassandra';
import { partitionKey, topicOf, type ContextName } from '@meridian/contracts';
import { topicEnds } from '@meridian/messaging';
import { checkProjection, type Projection } from '@meridian/projection';
import {
  createRegisterTableCql,
  ensureTables,
  enterRegister,
  type Generation,
  type GenerationRegister,
  readProgress,
  readRegister,
  setFilled,
  setFillUntil,
} from '@meridian/read-store';
import type { ProjectionObserver } from '../partition/observer.ts';
import { createReadModelJournal } from '../store/read-model-journal.ts';
import { adviceOf, feedingOf, type FeedingStatus } from './feeding.ts';
import { EVENTS_PER_FOLD, fill, type Journal } from './fill.ts';
import type { RunProjectionOptions } from './options.ts';
import { createFillEngine, runProjection, type RunningProjection } from './run-projection.ts';

/** What feeding the generations of a projection needs. */
export interface FeedOptions extends Omit<RunProjectionOptions, 'projection'> {
  readonly projection: Projection;
  /**
   * A new generation is filled from this journal. Without it, a rebuild waits, and the first generation is fed from
   * Kafka alone.
   */
  readonly journal?: Journal | undefined;
  /** Makes the observer of a generation. Without this function, all generations share `observer`. */
  observerOf?(generation: number): ProjectionObserver;
  /** Told when a generation is not fed any more. */
  onDropped?(generation: number): void;
  /** How often to poll for generations that came or went. */
  readonly pollEveryMs?: number;
  /** Ends the wait for the register: then `feedGenerations` rejects with the signal's reason, and nothing runs. */
  readonly signal?: AbortSignal;
}

/** What feeding one generation needs. */
type FedOptions = RunProjectionOptions & Pick<FeedOptions, 'journal'>;

/** Generations that are being fed. */
export interface FeedingGenerations extends RunningProjection {
  status(): FeedingStatus;
}

interface Feed {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  running?: RunningProjection;
}

/**
 * Feeds every generation of this version of a projection's code. These are the live one, those that are being rebuilt
 * (from the journal first, then from Kafka), and earlier live ones until they are dropped. Looks for changes by itself,
 * so a rebuild or a drop needs no restart. Makes the first generation when there is none.
 */
export async function feedGenerations(options: FeedOptions): Promise<FeedingGenerations> {
  const { projection, session, log, pollEveryMs = 1_000, signal } = options;
  checkProjection(projection);
  const keyspace = checkedName(options.keyspace);
  await changeSchema(session, [createRegisterTableCql(keyspace)], { signal });
  let answering: Pick<GenerationRegister, 'live' | 'previous'> = await enterRegister(
    session,
    keyspace,
    projection,
    { hasJournal: options.journal !== undefined, signal },
  );
  const fed = new Map<number, Feed>();
  let advice: string | undefined;
  const advise = createAdvice(options);
  const stopping = new AbortController();

  async function poll(): Promise<void> {
    const register = await readRegister(session, keyspace, projection.name);
    const wanted = (register?.generations ?? []).filter(
      ({ version, droppedAt }) => version === projection.version && !droppedAt,
    );
    for (const [number, one] of fed) {
      if (wanted.some(({ generation }) => generation === number)) continue;
      log.info(
        { projector: projection.name, generation: number },
        'the generation was dropped: it is fed no more',
      );
      await end(one);
      fed.delete(number);
      options.onDropped?.(number);
    }
    for (const generation of wanted)
      if (!fed.has(generation.generation)) fed.set(generation.generation, feed(generation, options));
    if (!register) return;
    answering = register;
    advice = adviceOf(register, projection.name, projection.version, wanted);
    advise(advice);
  }

  async function tryToPoll(): Promise<void> {
    try {
      await poll();
    } catch (error) {
      log.warn({ err: error, projector: projection.name }, 'the generations could not be read; trying again');
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause(pollEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await tryToPoll();
    }
  }

  await tryToPoll();
  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
      await Promise.all([...fed.values()].map(end));
    },
    status() {
      const statuses = new Map([...fed].map(([number, { running }]) => [number, running?.status()]));
      return feedingOf(answering, statuses, advice);
    },
  };
}

const ADVISE_EVERY_MS = 60_000;

/** Logs the advice for an operator when the advice changes, and once a minute while it stays the same. */
function createAdvice({ log, projection }: FeedOptions): (advice: string | undefined) => void {
  let last: string | undefined;
  let quietUntilMs = 0;
  return (advice) => {
    const nowMs = performance.now();
    const isNew = advice !== last;
    last = advice;
    if (advice === undefined || (!isNew && nowMs < quietUntilMs)) return;
    quietUntilMs = nowMs + ADVISE_EVERY_MS;
    log.warn({ projector: projection.name, version: projection.version }, advice);
  };
}

async function end({ stop, done }: Feed): Promise<void> {
  stop.abort();
  await done;
}

/** Fills the rest of a generation from the journal, once, and then follows Kafka until stopped. */
function feed(generation: Generation, options: FeedOptions): Feed {
  const { log, projection } = options;
  const stop = new AbortController();
  const observer = options.observerOf?.(generation.generation) ?? options.observer;
  const own: FedOptions = {
    ...options,
    projection: { ...projection, generation: generation.generation },
    ...(observer ? { observer } : {}),
    ...(options.journal?.id ? { askJournal: options.journal.id } : {}),
  };
  const fed: Feed = { stop, done: run() };

  let isFilled = generation.filledAt !== undefined;

  async function attempt(): Promise<void> {
    await ensureTables(own.session, own.keyspace, own.projection, stop.signal);
    if (!isFilled) await fillUp(generation, own, stop.signal);
    isFilled = true;
    fed.running = await runProjection(own, stop.signal);
  }

  async function run(): Promise<void> {
    // `fed` must be assigned before the first attempt sets `fed.running`.
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

async function fillUp(generation: Generation, options: FedOptions, signal: AbortSignal): Promise<void> {
  const { session, keyspace, projection, journal, log } = options;
  if (!journal) throw new Error('filling a generation needs the journal: set MERIDIAN_JOURNAL_ADDRESSES');
  const about = { projector: projection.name, generation: generation.generation };
  const journalId = await journal.id?.();
  if (journalId !== undefined) await createReadModelJournal({ session, keyspace, ...about }).adopt(journalId);
  for (let { fillUntil } = generation; ;) {
    // The ends of the topics are read before the head: an event above the head is published after these ends. The
    // topics go on there.
    const empty = (await journal.head()) === 0n;
    const ends = empty ? [] : await readEnds(options, signal);
    const until = empty ? 0n : await journal.head();
    if (fillUntil === undefined)
      await setFillUntil(session, keyspace, projection.name, { ...about, fillUntil: until });
    fillUntil ??= until;
    log.info({ ...about, until: until.toString() }, 'filling from the journal');
    if (until > 0n) await fillPart({ until, ends }, { ...options, journal }, generation, signal);
    if (!(await hasForgotten(options, ends, signal))) break;
    // The fill took longer than Kafka keeps messages. The journal has these events, so the fill goes on.
    signal.throwIfAborted();
  }
  await setFilled(session, keyspace, projection.name, generation.generation);
  log.info(about, 'the generation is filled; it follows Kafka now');
}

/** A part of the journal, and the offsets where the topics go on with later events. */
interface Part {
  readonly until: bigint;
  readonly ends: Awaited<ReturnType<typeof readEnds>>;
}

async function fillPart(
  { until, ends }: Part,
  options: FedOptions & { readonly journal: Journal },
  { maxEventsPerSecond }: Generation,
  signal: AbortSignal,
): Promise<void> {
  const { handler, stop } = createFillEngine({ ...options, maxEventsPerFold: EVENTS_PER_FOLD });
  try {
    await fill({
      journal: options.journal,
      until,
      signal,
      contexts: options.projection.contexts,
      topicPrefix: options.topicPrefix,
      goesOnAt: (context, shard) =>
        ends.find((end) => end.context === context && end.partition === shard)?.offset ?? 0n,
      maxEventsPerSecond,
      handler,
      reached: (context, shard) => reached(options, context, shard),
    });
  } finally {
    await stop();
  }
}

async function readEnds({ kafka, projection, topicPrefix }: FedOptions, signal: AbortSignal) {
  const topics = new Map(projection.contexts.map((context) => [topicOf(context, topicPrefix), context]));
  const ends = await unlessAborted(signal, topicEnds(kafka, [...topics.keys()]));
  return ends.map((end) => ({ ...end, context: topics.get(end.topic) }));
}

/** Whether Kafka no longer holds some of the messages that came after these ends. */
async function hasForgotten(options: FedOptions, ends: Part['ends'], signal: AbortSignal): Promise<boolean> {
  if (ends.length === 0) return false;
  const now = await readEnds(options, signal);
  return ends.some(({ topic, partition, offset }) =>
    now.some((end) => end.topic === topic && end.partition === partition && end.oldest > offset),
  );
}

/** How far a partition is filled in the home region. */
async function reached(
  { session, keyspace, projection, regions }: FedOptions,
  context: ContextName,
  shard: number,
): Promise<bigint> {
  const owner = { projector: projection.name, generation: projection.generation, region: regions[0] ?? '' };
  const { positions } = await readProgress(session, keyspace, owner);
  return positions.get(partitionKey(context, shard)) ?? 0n;
}
