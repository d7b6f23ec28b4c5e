/** A sleep that can be ended early, for one loop. A notification that comes while nobody waits is kept. */
export interface Signal {
  notify(): void;
  /** Resolves at the next notification, at once when one is kept, and after `timeoutMs` at the latest. */
  wait(timeoutMs: number): Promise<void>;
}

/** A signal without a notification. One waits at a time. */
export function createSignal(): Signal {
  let notified = false;
  let wake: (() => void) | undefined;
  return {
    notify() {
      notified = true;
      wake?.();
    },
    async wait(timeoutMs) {
      if (!notified) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      notified = false;
    },
  };
}
