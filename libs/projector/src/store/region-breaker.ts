/**
 * A circuit breaker for one region. Nobody waits for a region that did not answer; it is asked now and then whether
 * it answers again.
 */
export interface RegionBreaker {
  isHealthy(): boolean;
  /** The region did not answer. */
  failed(error: unknown): void;
  close(): void;
}

/** How to ask a region whether it answers again. */
export interface RegionBreakerOptions {
  /** Resolves when the region answers. */
  probe(): Promise<void>;
  readonly pauseMs: number;
  /** Told when the region stops answering, with the reason, and when it answers again. */
  onChange(answers: boolean, error?: unknown): void;
}

/** Makes a breaker. The region counts as healthy until it does not answer. */
export function createRegionBreaker({ probe, pauseMs, onChange }: RegionBreakerOptions): RegionBreaker {
  let isHealthy = true;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  function askLater(): void {
    if (!closed) timer = setTimeout(() => void ask(), pauseMs);
  }

  async function ask(): Promise<void> {
    try {
      await probe();
    } catch {
      askLater();
      return;
    }
    if (closed) return;
    isHealthy = true;
    onChange(true);
  }

  return {
    isHealthy: () => isHealthy,
    failed(error) {
      if (!isHealthy || closed) return;
      isHealthy = false;
      onChange(false, error);
      askLater();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
