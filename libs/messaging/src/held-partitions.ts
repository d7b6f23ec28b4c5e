/** Partitions that get no batch for a while, so that other partitions go on. */
export interface HeldPartitions {
  /** Holds a partition for `forMs`. `pause` stops its fetches and answers with a function that resumes the fetches. */
  hold(pause: () => () => void, forMs: number): void;
  /** Resumes all held partitions at once: their new owners begin from the committed offsets. */
  release(): void;
}

/** In kafkajs a pause outlives a rebalance. So release held partitions whenever partitions are assigned or revoked. */
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
