import type { MysqlPool } from '@meridian/mysql';
import { createCopyLine } from './copying/copy-line.ts';
import { copyToRegion, type RegionCopies } from './copying/copy-to-region.ts';

/** Carries keys and destructions from the key store to the regions' copies. */
export interface KeyCopier {
  /** Polls now, because there may be something to copy. */
  wake(): void;
  /** Stops after the current passes. */
  stop(): Promise<void>;
}

/** How to copy. */
export interface KeyCopierOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** Connects to one region's copies. That region alone acknowledges what is written there. */
  connect(region: string): Promise<RegionCopies>;
  /** How often to poll without a wake-up. */
  readonly pollMs?: number;
  /** How often to check whether the table of copies is the same still. */
  readonly tableEveryMs?: number;
  /** The number of keys per pass. */
  readonly batchSize?: number;
  /** The number of keys that are written to one region at once. */
  readonly maxInFlight?: number;
  onError(error: unknown, region: string): void;
}

const TABLE_EVERY_MS = 60_000;

/**
 * Starts to copy, to each region independently. A region that is away delays no other region, and catches up
 * when it is back. Commands never wait for copies. Several replicas share the work. When a replica dies,
 * other replicas take its claimed keys after ten seconds.
 */
export function startKeyCopier(options: KeyCopierOptions): KeyCopier {
  const { pool, schema, regions, pollMs = 500, batchSize = 256, maxInFlight = 64 } = options;
  const { tableEveryMs = TABLE_EVERY_MS, connect, onError } = options;
  const line = createCopyLine(pool, schema);
  const copying = regions.map((region) =>
    copyToRegion({ region, line, connect, pollMs, tableEveryMs, batchSize, maxInFlight, onError }),
  );
  return {
    wake() {
      for (const one of copying) one.wake();
    },
    async stop() {
      await Promise.all(copying.map((one) => one.stop()));
    },
  };
}
