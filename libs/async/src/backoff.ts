/** Pauses between attempts: the first pause, and the longest. */
export interface Backoff {
  readonly firstMs: number;
  /** No bound when left out. */
  readonly longestMs?: number;
}

/** The pause after the given attempt, counted from 1. The pause doubles with each attempt, up to the longest. */
export function backoffMs(attempt: number, { firstMs, longestMs = Infinity }: Backoff): number {
  return Math.min(longestMs, firstMs * 2 ** (attempt - 1));
}

/** A random part of a pause, so that two processes that collided do not collide again. */
export function jitteredMs(longestMs: number): number {
  // eslint-disable-next-line no-restricted-syntax -- jitter: two replicas that met must not meet again
  return Math.random() * longestMs;
}

/** A random pause between half of a pause and the whole ("equal jitter"), for a try that must not come at once. */
export const equalJitterMs = (pauseMs: number): number => pauseMs / 2 + jitteredMs(pauseMs / 2);
