/** Partitions that are given no batch for a while, so that those beside them go on. */
export interface HeldPartitions {
  /** Holds a partition for so long; `pause` stops its fetches and answers with what resumes them. */
  hold(pause: () => () => void, forMs: number): void;
  /** Resumes all at once: whoever owns them now begins anew. */
  release(): void;
}

/** Makes them. A pause outlives a rebalance in kafkajs, so they are to be released when partitions go or come. */
export function createHeldPartitions(): HeldPartitions {
  const held = new Map<NodeJS.Timeout, () => void>();
  return {
    hold(pause, forMs) {
      const resume = pause();
      const timer = setTimeout(() => {
        held.delete(timer);
        resume();
      }, forMs);
      held.set(timer, resume);
    },
    release() {
      for (const [timer, resume] of held) {
        clearTimeout(timer);
        resume();
      }
      held.clear();
    },
  };
}
