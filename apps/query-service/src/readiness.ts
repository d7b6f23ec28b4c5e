import type { Log } from '@meridian/messaging';
import type { ReadModel } from './read-model.ts';
import type { RegionStore } from './region-store.ts';
import { missingTables, type RequiredTables } from './schema.ts';

/**
 * Ready when every table is there and some region's copy can be asked, best the region's own: a look at every read model's
 * progress.
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

/** Whether one of the copies answers, tried in the order in which a question tries them. */
async function canBeAsked(model: ReadModel): Promise<boolean> {
  for (const copy of model.copies(model.live())) {
    const answered = await copy.watch.current().then(
      () => true,
      () => false,
    );
    if (answered) return true;
  }
  return false;
}
