/**
 * Asks a generator for its next value, or rejects when `ended` was told first. Promise.race would do, but it leaves something
 * behind at a promise that outlives it with every step, and a stream may take a great many.
 */
export interface Ending {
  /** The next value, or the reason of the end. */
  next<T>(step: Promise<T>): Promise<T>;
  /** Ends what is awaited now, and every later step. */
  end(reason: Error): void;
}

/** Makes an ending that has not come yet. */
export function createEnding(): Ending {
  let reason: Error | undefined;
  let rejectStep: ((cause: Error) => void) | undefined;
  return {
    next(step) {
      return new Promise((resolve, reject) => {
        if (reason) reject(reason);
        rejectStep = reject;
        step.then(resolve, reject);
      });
    },
    end(cause) {
      reason ??= cause;
      rejectStep?.(reason);
    },
  };
}
