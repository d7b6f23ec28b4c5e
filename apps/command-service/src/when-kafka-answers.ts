import { createSignal } from '@meridian/async';
import type { Log } from '@meridian/kernel';

/** Work that begins once something answers. */
export interface Awaited<T> {
  /** What was started; undefined while it does not answer. */
  current(): T | undefined;
  /** Tries no more, and gives what was started, if anything was. */
  stop(): Promise<T | undefined>;
}

const RETRY_MS = 1_000;

/** Starts something that needs Kafka, again and again until it works, without holding up the caller. */
export function whenKafkaAnswers<T>(log: Pick<Log, 'warn'>, start: () => Promise<T>): Awaited<T> {
  let started: T | undefined;
  const retry = createSignal();
  let stopped = false;
  async function run(): Promise<void> {
    while (!stopped && started === undefined) {
      try {
        started = await start();
      } catch (error) {
        log.warn({ err: error }, 'events cannot be published and stay in the journal; trying again');
        await retry.wait(RETRY_MS);
      }
    }
  }
  const running = run();
  return {
    current: () => started,
    async stop() {
      stopped = true;
      retry.notify();
      await running;
      return started;
    },
  };
}
