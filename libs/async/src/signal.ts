/** A sleep that can be ended early, for one loop. A notification while nobody waits is remembered. */
export interface Signal {
  notify(): void;
  /** Resolves at the next notification, at once when one is remembered, and after `timeoutMs` at the latest. */
  wait(timeoutMs: number): Promise<void>;
}

/** A signal without a notification. Only one caller may wait at a time. */
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
