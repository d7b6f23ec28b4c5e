import { backoffMs, repeat, type Repeated } from '@meridian/async';
import type { KeyCopies } from '../key-copies.ts';
import type { CopyLine, KeyInLine } from './copy-line.ts';

/** A connection to a region's copies; closed when it is no longer needed. */
export interface RegionCopies {
  readonly copies: Pick<KeyCopies, 'write' | 'tableId'>;
  close(): Promise<void>;
}

/** How to copy to one region. */
export interface CopyToRegionOptions {
  readonly region: string;
  readonly line: CopyLine;
  /** Rejects while the region cannot be reached. */
  connect(region: string): Promise<RegionCopies>;
  /** How often to poll without a wake-up. */
  readonly pollMs: number;
  /** How often to check whether the table of copies is the same still. */
  readonly tableEveryMs: number;
  /** The number of keys per pass. */
  readonly batchSize: number;
  /** The number of keys that are written at once. */
  readonly maxInFlight: number;
  /** Called with each failure, of one key or of a whole pass. */
  onError(error: unknown, region: string): void;
}

const LONGEST_PAUSE_MS = 5_000;
/** A driver that lost a region long ago tries it more and more rarely. A new session finds the region at once. */
const FAILURES_TO_RECONNECT = 6;

/**
 * Copies keys to one region, independently of other regions. When the table of the copies was made anew, all keys are copied again.
 * A key that fails waits alone, and the other keys go on. While the region takes nothing at all, it is tried with one key after
 * growing pauses of at most five seconds.
 */
export function copyToRegion(options: CopyToRegionOptions): Repeated {
  const { region, line, connect, pollMs, batchSize, onError } = options;
  let connected: RegionCopies | undefined;
  let failures = 0;
  let isNoted = false;
  let tableAtMs = -Infinity;

  /** Asks the region, and records that it does not answer. */
  async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      await note(false).catch((cause: unknown) => onError(cause, region));
      throw error;
    }
  }

  async function note(takesKeys: boolean): Promise<void> {
    await line.note(region, takesKeys);
    isNoted = !takesKeys;
  }

  /** Looks which table it is before keys are claimed: a new table needs all keys. */
  async function seeTable({ copies }: RegionCopies): Promise<void> {
    if (performance.now() < tableAtMs) return;
    await line.noteTable(region, await asked(copies.tableId()));
    tableAtMs = performance.now() + options.tableEveryMs;
  }

  async function pass(): Promise<number> {
    connected ??= await asked(connect(region));
    await seeTable(connected);
    const keys = await line.claim(region, failures > 0 ? 1 : batchSize);
    if (keys.length === 0) return failures > 0 ? pauseMs() : pollMs;
    const { acknowledged, failed, error } = await writeAll(keys, connected.copies, options.maxInFlight);
    await line.settle(region, acknowledged, failed);
    if (failed.length > 0) onError(error, region);
    if (acknowledged.length === 0) {
      await note(false);
      throw new NothingTakenError();
    }
    if (isNoted) await note(true);
    failures = 0;
    // Goes on at once after a full batch, or after a mere try whether the region answers again.
    return keys.length < batchSize && keys.length > 1 ? pollMs : 1;
  }

  const pauseMs = () => backoffMs(failures + 1, { firstMs: pollMs, longestMs: LONGEST_PAUSE_MS });

  async function disconnect(): Promise<void> {
    const gone = connected;
    connected = undefined;
    tableAtMs = -Infinity;
    await gone?.close().catch(() => undefined);
  }

  const repeated = repeat(async () => {
    try {
      return await pass();
    } catch (error) {
      failures++;
      if (!(error instanceof NothingTakenError)) onError(error, region);
      if (failures % FAILURES_TO_RECONNECT === 0) await disconnect();
      return pauseMs();
    }
  });
  return {
    wake: () => (failures > 0 ? undefined : repeated.wake()),
    async stop() {
      await repeated.stop();
      await disconnect();
    },
  };
}

/** The region took none of a pass's keys. */
class NothingTakenError extends Error {}

interface Written {
  readonly acknowledged: readonly KeyInLine[];
  readonly failed: readonly KeyInLine[];
  /** The error of the last key that failed. */
  readonly error: unknown;
}

/**
 * Writes keys, a bounded number at once. When all of the first keys fail, the rest is skipped: the region
 * takes nothing.
 */
async function writeAll(
  keys: readonly KeyInLine[],
  copies: Pick<KeyCopies, 'write'>,
  maxInFlight: number,
): Promise<Written> {
  const acknowledged: KeyInLine[] = [];
  const failed: KeyInLine[] = [];
  let error: unknown;
  const left = keys.values();
  async function work(): Promise<void> {
    for (const key of left) {
      if (acknowledged.length === 0 && failed.length >= maxInFlight) {
        failed.push(key);
        continue;
      }
      try {
        if (key.copy) await copies.write(key.copy);
        acknowledged.push(key);
      } catch (cause) {
        failed.push(key);
        error = cause;
      }
    }
  }
  await Promise.all(Array.from({ length: maxInFlight }, work));
  return { acknowledged, failed, error };
}
