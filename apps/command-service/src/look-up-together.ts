import { QueueFullError } from '@meridian/write-store';

/** The bounds of look-ups that share statements. */
export interface LookUpBounds {
  /** Keys in one look-up at most. */
  readonly maxKeys?: number;
  /** Look-ups under way at most. */
  readonly maxAtOnce?: number;
  /** Callers that may wait at most. */
  readonly maxWaiting?: number;
}

interface WaitingKey<Found> {
  readonly key: string;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks up keys, those together that came while the last look-ups ran. A lone one goes at once. When a look-up fails, all who share it
 * get its error. Rejects with QueueFullError when too many wait.
 */
export function lookUpTogether<Found>(
  lookUp: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>,
  { maxKeys = 64, maxAtOnce = 2, maxWaiting = 2_000 }: LookUpBounds = {},
): (key: string) => Promise<Found | undefined> {
  const waiting: WaitingKey<Found>[] = [];
  let atOnce = 0;

  async function runNext(): Promise<void> {
    const together = waiting.splice(0, maxKeys);
    atOnce += 1;
    try {
      const found = await lookUp([...new Set(together.map(({ key }) => key))]);
      for (const { key, resolve } of together) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of together) reject(error);
    } finally {
      atOnce -= 1;
      startNext();
    }
  }

  function startNext(): void {
    while (waiting.length > 0 && atOnce < maxAtOnce) void runNext();
  }

  return (key) => {
    if (waiting.length >= maxWaiting)
      return Promise.reject(new QueueFullError(`${maxWaiting} look-ups wait already`));
    const { promise, resolve, reject } = Promise.withResolvers<Found | undefined>();
    waiting.push({ key, resolve, reject });
    startNext();
    return promise;
  };
}
