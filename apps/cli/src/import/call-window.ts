/** Bounds the calls under way, in number and in bytes. While a service does not keep up, fewer calls go at once. */
export interface CallWindow {
  /**
   * Makes a call once there is room for it, in the order of the calls to `run`. A call that is larger than the bound in
   * bytes goes alone. Settles as the call does.
   */
  run<T>(sizeBytes: number, call: () => Promise<T>): Promise<T>;
  /** How many calls may be under way now. */
  limit(): number;
}

/** The bounds of a window, and what makes the window smaller. */
export interface CallWindowOptions {
  /** The upper limit of calls under way. */
  readonly maxCalls: number;
  /** Bytes of requests under way at most. */
  readonly maxBytes?: number;
  /** Whether a call failed because the service is overloaded or away. */
  readonly isOverload: (error: unknown) => boolean;
}

const FIRST_CALLS = 64;
const MIN_CALLS = 4;
const MAX_BYTES = 4 * 1024 * 1024;

interface WaitingCall {
  readonly sizeBytes: number;
  readonly start: () => void;
}

/**
 * Makes a window of at first 64 calls. Each answered call, a refusal too, lets one more call go, up to `maxCalls`. An
 * overload halves the window, once for all calls that began before it. From then on the window grows by one per round
 * of answers, so that it stays near the service's capacity.
 */
export function createCallWindow(options: CallWindowOptions): CallWindow {
  const { maxCalls, maxBytes = MAX_BYTES, isOverload } = options;
  const minCalls = Math.min(MIN_CALLS, maxCalls);
  const waiting = new Set<WaitingCall>();
  let limit = Math.min(FIRST_CALLS, maxCalls);
  let overloads = 0;
  let calls = 0;
  let bytes = 0;

  const startNext = () => {
    for (const next of waiting) {
      if (calls >= Math.floor(limit) || (calls > 0 && bytes + next.sizeBytes > maxBytes)) return;
      waiting.delete(next);
      calls += 1;
      bytes += next.sizeBytes;
      next.start();
    }
  };
  const roomFor = (sizeBytes: number) =>
    new Promise<void>((resolve) => {
      waiting.add({ sizeBytes, start: resolve });
      startNext();
    });
  const answered = () => {
    limit = Math.min(maxCalls, limit + (overloads === 0 ? 1 : 1 / limit));
  };
  const overloaded = () => {
    overloads += 1;
    limit = Math.max(minCalls, limit / 2);
  };

  return {
    async run(sizeBytes, call) {
      await roomFor(sizeBytes);
      const overloadsBefore = overloads;
      try {
        const result = await call();
        answered();
        return result;
      } catch (error) {
        if (!isOverload(error)) answered();
        else if (overloads === overloadsBefore) overloaded();
        throw error;
      } finally {
        calls -= 1;
        bytes -= sizeBytes;
        startNext();
      }
    },
    limit: () => Math.floor(limit),
  };
}
