/** Knows whether a region answers: once it did not, it is asked now and then whether it does again, and not waited for. */
export interface RegionBreaker {
  answers(): boolean;
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
  let answers = true;
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
    answers = true;
    onChange(true);
  }

  return {
    answers: () => answers,
    failed(error) {
      if (!answers || closed) return;
      answers = false;
      onChange(false, error);
      askLater();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
