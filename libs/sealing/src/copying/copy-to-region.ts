import { backoffMs, repeat, type Repeated } from '@meridian/async';
import type { KeyCopies } from '../key-copies.ts';
import type { CopyLine, KeyInLine } from './copy-line.ts';

/** A way to a region's copies, which is closed when it is not needed any more. */
export interface RegionCopies {
  readonly copies: Pick<KeyCopies, 'write'>;
  close(): Promise<void>;
}

/** How to copy to one region. */
export interface CopyToRegionOptions {
  readonly region: string;
  readonly line: CopyLine;
  /** Rejects while the region cannot be reached. */
  connect(region: string): Promise<RegionCopies>;
  /** How often to look without being woken. */
  readonly pollMs: number;
  /** How many keys a pass takes. */
  readonly batchSize: number;
  /** How many keys are under way at once. */
  readonly maxInFlight: number;
  /** Told of a failure, of one key or of a whole pass. */
  onError(error: unknown, region: string): void;
}

const LONGEST_PAUSE_MS = 5_000;
/** A driver that has lost a region for long looks for it ever less often: a new session finds it at once. */
const FAILURES_TO_RECONNECT = 6;

/**
 * Copies keys to one region and hears of no other. A key that fails waits by itself, and the others go on. While the region takes
 * nothing at all, it is asked with one key after growing pauses, five seconds at most.
 */
export function copyToRegion(options: CopyToRegionOptions): Repeated {
  const { region, line, connect, pollMs, batchSize, onError } = options;
  let connected: RegionCopies | undefined;
  let failures = 0;

  async function pass(): Promise<number> {
    connected ??= await connect(region);
    const keys = await line.claim(region, failures > 0 ? 1 : batchSize);
    if (keys.length === 0) return failures > 0 ? pauseMs() : pollMs;
    const { acknowledged, failed, error } = await writeAll(keys, connected.copies, options.maxInFlight);
    await line.settle(region, acknowledged, failed);
    if (failed.length > 0) onError(error, region);
    if (acknowledged.length === 0) throw new NothingTakenError();
    failures = 0;
    // Whoever got a full batch, or only asked whether the region answers again, goes on at once.
    return keys.length < batchSize && keys.length > 1 ? pollMs : 1;
  }

  const pauseMs = () => backoffMs(failures + 1, { firstMs: pollMs, longestMs: LONGEST_PAUSE_MS });

  async function disconnect(): Promise<void> {
    const gone = connected;
    connected = undefined;
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
  /** Of the last key that failed. */
  readonly error: unknown;
}

/** Writes keys, so many at once. When the first ones have all failed it leaves the rest: the region takes nothing. */
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
