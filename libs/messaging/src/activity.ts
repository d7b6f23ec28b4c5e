/**
 * The last activity of a Kafka client, by a monotonic clock that stops while the machine is suspended. An attempt is
 * not an answer: a process that keeps trying is healthy, however long Kafka is away.
 */
export interface Activity {
  /** The client tried something, such as to open a connection. */
  tried(): void;
  /** Kafka answered. */
  answered(): void;
  /** How long ago the client last tried or was answered. */
  idleMs(): number;
  /** How long ago the client last tried something, whatever it was answered since. */
  untriedMs(): number;
  /** How long ago the client was last answered. */
  silentMs(): number;
}

/** Begins now, as if the client had just been answered. */
export function createActivity(nowMs: () => number = () => performance.now()): Activity {
  let lastTryMs = nowMs();
  let lastAnswerMs = lastTryMs;
  return {
    tried: () => void (lastTryMs = nowMs()),
    answered: () => void (lastAnswerMs = nowMs()),
    idleMs: () => nowMs() - Math.max(lastTryMs, lastAnswerMs),
    untriedMs: () => nowMs() - lastTryMs,
    silentMs: () => nowMs() - lastAnswerMs,
  };
}
