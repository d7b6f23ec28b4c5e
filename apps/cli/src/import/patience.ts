import { equalJitterMs } from '@meridian/async';
import { setTimeout as pause } from 'node:timers/promises';
import { failureOf, type CallFailure } from '@meridian/client';
import { createCallWindow } from './call-window.ts';

/** Waits out temporary failures: a service that restarts, a store that is away, a full queue. */
export interface Patience {
  /**
   * Makes a call once there is room among the calls under way. Repeats the call, with the same request id, as long as
   * its failure may be temporary. Rejects with any other failure, or when patience ends.
   */
  <T>(call: () => Promise<T>, about?: PatientCall): Promise<T>;
}

/** What patience needs to know about one call. */
export interface PatientCall {
  /** Further failures that are temporary for this call. */
  readonly passes?: (failure: CallFailure) => boolean;
  /** The approximate size of the request; small when left out. */
  readonly sizeBytes?: number;
}

/** How patient an import is. */
export interface PatienceOptions {
  /** Calls under way at most; fewer while the services do not keep up. */
  readonly maxCalls?: number;
  /** How long nothing at all may succeed. */
  readonly maxWithoutProgressMs?: number;
  /** Ends the patience: no more calls are made, and all reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once whenever nothing succeeded for some seconds, with the failure. */
  readonly onWaiting?: ((failure: string) => void) | undefined;
}

const PASSING: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'CANCELLED',
]);
const SMALL_CALL_BYTES = 512;
const MAX_PAUSE_MS = 1_000;
const TELL_AFTER_MS = 3_000;

/** Makes a patience that ends when nothing at all has succeeded for `maxWithoutProgressMs`, by default two minutes. */
export function createPatience(options: PatienceOptions = {}): Patience {
  const { maxCalls = 256, maxWithoutProgressMs = 120_000, signal, onWaiting } = options;
  const isPassing = (error: unknown) => PASSING.has(failureOf(error)?.status ?? '');
  const window = createCallWindow({ maxCalls, isOverload: isPassing });
  let lastSuccessMs = performance.now();
  let told = false;
  const failed = (error: unknown, passes: PatientCall['passes']) => {
    const failure = failureOf(error);
    const waitedMs = performance.now() - lastSuccessMs;
    if (!failure || waitedMs > maxWithoutProgressMs) throw error;
    if (!isPassing(error) && !passes?.(failure)) throw error;
    if (told || waitedMs < TELL_AFTER_MS) return;
    told = true;
    onWaiting?.(`${failure.status}: ${failure.message}`);
  };
  return async (call, { passes, sizeBytes = SMALL_CALL_BYTES } = {}) => {
    const unlessAborted = () => {
      signal?.throwIfAborted();
      return call();
    };
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      try {
        const result = await window.run(sizeBytes, unlessAborted);
        lastSuccessMs = performance.now();
        told = false;
        return result;
      } catch (error) {
        failed(error, passes);
      }
      const pauseMs = Math.min(MAX_PAUSE_MS, 50 * 2 ** Math.min(tries, 5));
      // Callers that failed together must not retry together.
      await pause(equalJitterMs(pauseMs), undefined, signal ? { signal } : {});
    }
  };
}
