import type { MysqlPool } from '@meridian/mysql';
import { createCopyLine } from './copying/copy-line.ts';
import { copyToRegion, type RegionCopies } from './copying/copy-to-region.ts';

/** Carries keys and destructions from the key store to the regions' copies. */
export interface KeyCopier {
  /** There may be something to copy: look now. */
  wake(): void;
  /** Ends after the passes in hand. */
  stop(): Promise<void>;
}

/** How to copy. */
export interface KeyCopierOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** Finds a way to one region's copies; what is written there is acknowledged by that region alone. */
  connect(region: string): Promise<RegionCopies>;
  /** How often to look without being woken. */
  readonly pollMs?: number;
  /** How many keys a pass takes. */
  readonly batchSize?: number;
  /** How many keys are on their way to one region at once. */
  readonly maxInFlight?: number;
  onError(error: unknown, region: string): void;
}

/**
 * Starts to copy, to each region apart: one that is away holds up no other and catches up by itself. Commands never wait for it.
 * Several replicas share the work. One that dies with keys in hand leaves them to the others after ten seconds.
 */
export function startKeyCopier(options: KeyCopierOptions): KeyCopier {
  const { pool, schema, regions, pollMs = 500, batchSize = 256, maxInFlight = 64 } = options;
  const { connect, onError } = options;
  const line = createCopyLine(pool, schema);
  const copying = regions.map((region) =>
    copyToRegion({ region, line, connect, pollMs, batchSize, maxInFlight, onError }),
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
