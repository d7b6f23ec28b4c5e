import { repeat } from '@meridian/async';
import { randomUUID } from 'node:crypto';
import type { MysqlPool } from '@meridian/mysql';
import { careDuty } from './care/duty.ts';
import { adoptKeys, fillRegions, forgetRegions, nameRegions } from './care/regions.ts';
import { walkKeys } from './care/walk.ts';

/** Maintains the keys; one replica does so for all. */
export interface KeyCare {
  stop(): Promise<void>;
}

/** What to maintain, and how often. */
export interface KeyCareOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** Where the customers are; on the same server. */
  readonly ordersSchema: string;
  /** All regions that get copies. */
  readonly regions: readonly string[];
  /** How often to check for regions to fill and keys of older versions. */
  readonly everyMs?: number;
  /** How often to check the next page of all keys. */
  readonly walkEveryMs?: number;
  readonly pageSize?: number;
  /** How long a key must have been without a customer before it is destroyed. */
  readonly orphanHours?: number;
  /** Called when keys without a customer are not destroyed, because the keys belong to another schema. */
  onForeign(): void;
  onError(error: unknown): void;
}

const NAME_EVERY_MS = 60_000;

/**
 * Registers the regions, so that keys are queued for them, and starts to maintain the keys. Key care fills new regions.
 * Key care also walks through all keys, page by page, and destroys keys of erased customers and keys without a
 * customer. The cost is that of one page, however many customers there are.
 */
export async function startKeyCare(options: KeyCareOptions): Promise<KeyCare> {
  const { pool, schema, regions, everyMs = 2_000, walkEveryMs = 10_000, onError } = options;
  const duty = careDuty(pool, schema, randomUUID());
  await nameRegions(pool, schema, regions);
  let namedAtMs = performance.now();
  let walkAtMs = 0;

  async function care(): Promise<number> {
    if (performance.now() - namedAtMs > NAME_EVERY_MS) {
      await nameRegions(pool, schema, regions);
      namedAtMs = performance.now();
    }
    if (!(await duty.hold())) return everyMs;
    await forgetRegions(pool, schema);
    await adoptKeys(pool, schema);
    if (performance.now() >= walkAtMs) {
      walkAtMs = performance.now() + walkEveryMs;
      await walk();
    }
    return (await fillRegions(pool, schema)) ? 1 : everyMs;
  }

  async function walk(): Promise<void> {
    const { ordersSchema, pageSize = 500, orphanHours = 24 } = options;
    const sweepOrphans = await duty.isOf(ordersSchema);
    if (!sweepOrphans) options.onForeign();
    await walkKeys({ pool, schema, ordersSchema, pageSize, orphanHours, sweepOrphans });
  }

  const caring = repeat(() =>
    care().catch((error: unknown) => {
      onError(error);
      return everyMs;
    }),
  );
  return {
    async stop() {
      await caring.stop();
      await duty.release().catch(() => undefined);
    },
  };
}
