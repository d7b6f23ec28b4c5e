import { setTimeout as pause } from 'node:timers/promises';
import type { OrdersQueryServiceDefinition } from '@meridian/contracts';
import { callFailure, Status, type Client } from '@meridian/rpc';
import { endedInOrder } from './ended-in-order.ts';
import type { MeridianCallOptions } from './session.ts';

/** A watch of an order, as a call. */
export type WatchCall = Client<typeof OrdersQueryServiceDefinition, MeridianCallOptions>['watchOrder'];

/** How patient a watch is. */
export interface ResumingOptions {
  readonly maxWatchFailures?: number;
  /** The pause before the first repeat. The pause doubles with every failure in a row, up to 5 s. */
  readonly retryBaseDelayMs?: number;
  /** The present, in milliseconds, in place of performance.now(). */
  now?(): number;
}

const LONGEST_PAUSE_MS = 5_000;
const TEMPORARY: ReadonlySet<Status> = new Set([Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED]);

/**
 * A watch that resumes by itself when its server stops, its connection breaks or grows old, its token expires, or its
 * region is behind. It passes the token of the last version that it gave, and asks for versions above. So versions
 * rise, none is given twice, and the newest is never missed. A deadline bounds the whole watch, however often it resumes. Throws what cannot be mended (NOT_FOUND, a deadline, the
 * signal's abort), and the last error after too many failures in a row. A stream that lasted for more than 5 s ends the row.
 * An order may not change for days, and proxies end streams that say nothing.
 */
export function resuming(watch: WatchCall, options: ResumingOptions = {}): WatchCall {
  const { maxWatchFailures = 20, retryBaseDelayMs = 100, now = () => performance.now() } = options;
  return async function* resumed(request, call = {}) {
    let next = request;
    const whole = untilItsDeadline(call);
    for (let failures = 0; ;) {
      const begunMs = now();
      const hasLasted = () => now() - begunMs > LONGEST_PAUSE_MS;
      try {
        for await (const answer of watch(next, whole)) {
          failures = 0;
          const afterVersion = answer.order?.summary?.version;
          const token = answer.freshness?.token;
          next = {
            ...next,
            ...(afterVersion ? { afterVersion } : {}),
            ...(token ? { read: { token } } : {}),
          };
          yield answer;
        }
        // A server ends a watch only because it stops.
        failures = hasLasted() ? 1 : failures + 1;
      } catch (error) {
        const { code: status } = callFailure(error) ?? {};
        const isInOrder = endedInOrder(error);
        if (isInOrder || hasLasted()) failures = 0;
        failures += isInOrder ? 0 : 1;
        const isTemporary = isInOrder || (status !== undefined && TEMPORARY.has(status));
        const isOver = call.signal?.aborted || !isTemporary;
        if (isOver || failures >= maxWatchFailures) throw error;
      }
      const delayMs = Math.min(LONGEST_PAUSE_MS, retryBaseDelayMs * 2 ** Math.max(0, failures - 1));
      // A stream that begins after the deadline ends with it.
      const restMs = Math.max(0, endOf(whole) - Date.now());
      await pause(Math.min(delayMs, restMs), undefined, call.signal ? { signal: call.signal } : {});
    }
  };
}

/** The last moment that a Date can name. */
const LATEST_MS = 8.64e15;

const endOf = ({ deadline }: MeridianCallOptions): number =>
  deadline instanceof Date ? deadline.getTime() : Infinity;

/** The same call, with its deadline as a moment: each stream would begin to count milliseconds anew. */
function untilItsDeadline(call: MeridianCallOptions): MeridianCallOptions {
  const { deadline } = call;
  if (typeof deadline !== 'number' || !Number.isFinite(deadline)) return call;
  return { ...call, deadline: new Date(Math.min(Date.now() + deadline, LATEST_MS)) };
}
