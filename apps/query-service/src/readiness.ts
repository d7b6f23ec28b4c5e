import { storeFailureOf } from '@meridian/cassandra';
import type { Log } from '@meridian/messaging';
import type { Copy } from './copies.ts';
import type { ReadModel } from './read-model.ts';
import { RegionStoreBusyError, RegionStoreError, type RegionStore } from './region-store.ts';
import { missingTables, type RequiredTables } from './schema.ts';

/**
 * Ready when every table is there and some region's copy can be asked, best the region's own: a look at every read model's
 * progress. A store that has too much to do is there: without this replica, the others would have even more to do.
 */
export function readiness(
  stores: readonly RegionStore[],
  required: () => RequiredTables,
  models: readonly ReadModel[],
  log: Log,
): () => Promise<boolean> {
  let complete = false;
  let told = '';
  async function tablesAreThere(): Promise<boolean> {
    const serving = stores.find((store) => store.isServing());
    if (!serving) return false;
    const missing = await missingTables(serving.session, required());
    const tables = missing.join(', ');
    if (missing.length > 0 && tables !== told) log.info({ missing }, 'waiting for tables');
    if (missing.length === 0) log.info({}, 'all tables are there');
    told = tables;
    return missing.length === 0;
  }
  return async () => {
    complete ||= await tablesAreThere();
    return complete && (await Promise.all(models.map(canBeAsked))).every(Boolean);
  };
}

/** Whether one of the copies is there, tried in the order in which a question tries them. */
async function canBeAsked(model: ReadModel): Promise<boolean> {
  for (const copy of model.copies(model.live())) {
    const isThere = await copy.watch.current().then(
      () => true,
      (error: unknown) => isThereStill(model, copy, error),
    );
    if (isThere) return true;
  }
  return false;
}

/** Whether a copy is there although a read of it failed. One late read, or one broken connection, says little: the store's breaker knows. */
function isThereStill(model: ReadModel, copy: Copy, error: unknown): boolean {
  if (error instanceof RegionStoreBusyError) return true;
  if (!(error instanceof RegionStoreError) || storeFailureOf(error.cause) === 'statement') return false;
  return model.copies(model.live()).includes(copy);
}
