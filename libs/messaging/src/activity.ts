/**
 * What a client of Kafka did last, by a clock that no step of the machine's time and no suspended machine moves. To try is not to be
 * answered: a process that tries is well, however long Kafka is away.
 */
export interface Activity {
  /** It tried something, such as to open a connection. */
  tried(): void;
  /** Kafka answered. */
  answered(): void;
  /** How long ago it last tried or was answered. */
  idleMs(): number;
  /** How long ago it was last answered. */
  silentMs(): number;
}

/** Begins now, as if everything had just been done. */
export function createActivity(nowMs: () => number = () => performance.now()): Activity {
  let lastTryMs = nowMs();
  let lastAnswerMs = lastTryMs;
  return {
    tried: () => void (lastTryMs = nowMs()),
    answered: () => void (lastTryMs = lastAnswerMs = nowMs()),
    idleMs: () => nowMs() - lastTryMs,
    silentMs: () => nowMs() - lastAnswerMs,
  };
}
