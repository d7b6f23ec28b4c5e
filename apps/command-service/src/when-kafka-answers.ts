import { createSignal, endsWithin } from '@meridian/async';
import type { Log } from '@meridian/kernel';

/** Work that begins once something answers. */
export interface Awaited<T> {
  /** What was started; undefined while it does not answer. */
  current(): T | undefined;
  /** Tries no more, and gives what was started, if anything was. Does not wait for an attempt that Kafka leaves unanswered. */
  stop(): Promise<T | undefined>;
}

const RETRY_MS = 1_000;
/** kafkajs goes on with a connect for up to minutes, and ends none. */
const LAST_ATTEMPT_MS = 500;

/**
 * Starts something that needs Kafka, again and again until it works, without holding up the caller. `start` is told by its signal when
 * nobody wants it any more: then it leaves nothing behind, and rejects.
 */
export function whenKafkaAnswers<T>(
  log: Pick<Log, 'warn'>,
  start: (over: AbortSignal) => Promise<T>,
): Awaited<T> {
  let started: T | undefined;
  const retry = createSignal();
  const over = new AbortController();
  async function run(): Promise<void> {
    while (!over.signal.aborted && started === undefined) {
      try {
        started = await start(over.signal);
      } catch (error) {
        if (over.signal.aborted) return;
        log.warn({ err: error }, 'events cannot be published and stay in the journal; trying again');
        await retry.wait(RETRY_MS);
      }
    }
  }
  const running = run();
  return {
    current: () => started,
    async stop() {
      over.abort(new Error('nobody waits for Kafka any more'));
      retry.notify();
      await endsWithin(LAST_ATTEMPT_MS, running);
      return started;
    },
  };
}
