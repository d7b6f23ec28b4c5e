/** Knows whether a region answers: once it did not, it is asked now and then whether it does again, and not waited for. */
export interface RegionBreaker {
  isHealthy(): boolean;
  /** It did not answer. */
  failed(error: unknown): void;
  close(): void;
}

/** How a region is asked whether it answers again. */
export interface RegionBreakerOptions {
  /** Resolves when the region answers. */
  probe(): Promise<void>;
  readonly pauseMs: number;
  /** Told when it stops answering, with the reason, and when it answers again. */
  onChange(answers: boolean, error?: unknown): void;
}

/** Makes a breaker; a region is taken to answer until it does not. */
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
