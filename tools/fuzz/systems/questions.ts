import { randomBytes } from 'node:crypto';
import type { CassandraSession } from '@meridian/cassandra';
import { checkRequest, descriptorSet } from '@meridian/contracts';
import { startRpcServer } from '@meridian/rpc';
import { createMasterKey } from '@meridian/sealing';
import { createNotificationListeners } from '../../../apps/query-service/src/notifications.ts';
import { createPageTokens } from '../../../apps/query-service/src/page-tokens.ts';
import { createOrderWatches } from '../../../apps/query-service/src/questions/orders/watch-order.ts';
import { createReadModel } from '../../../apps/query-service/src/read-model.ts';
import { forEachReadModel } from '../../../apps/query-service/src/read-models-by-name.ts';
import type { RegionStore } from '../../../apps/query-service/src/region-store.ts';
import { registerServices } from '../../../apps/query-service/src/services.ts';
import { formsOf } from '../leaks.ts';
import type { FuzzedSystem } from './commands.ts';
import { notedLog } from './noted-log.ts';

/** A region without a row: every question finds nothing, and every position is still to come. */
function emptyStore(): RegionStore {
  const session: CassandraSession = {
    execute: () => Promise.resolve([]),
    executeIf: () => Promise.resolve(false),
    batch: () => Promise.resolve(),
    schema: () => Promise.resolve(true),
    placementOf: () => undefined,
    close: () => Promise.resolve(),
  };
  return { region: 'eu-west', session, isServing: () => true, close: () => Promise.resolve() };
}

/** query-service without Cassandra and Kafka: its own registration, handlers, rules and errors, over a store without rows. */
export async function startQuestions(): Promise<FuzzedSystem> {
  const [master, pageTokenKey] = [randomBytes(32), randomBytes(32)];
  const log = notedLog();
  const notifications = createNotificationListeners();
  const models = forEachReadModel((projection) =>
    createReadModel({
      projection,
      stores: [emptyStore()],
      keyspace: 'meridian',
      masterKey: createMasterKey(master),
      pollMs: 20,
      notifications,
      onWaiting: () => undefined,
      onWaited: () => undefined,
    }),
  );
  const orderWatches = createOrderWatches(models.orders, () => undefined);
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    check: checkRequest,
    log,
    descriptorSet,
    register: (registry) =>
      registerServices(registry, { models, tokens: createPageTokens(pageTokenKey), orderWatches }),
  });
  return {
    server,
    log,
    secrets: [...formsOf(master), ...formsOf(pageTokenKey)],
    async stop() {
      orderWatches.close();
      await server.shutdown(100);
      for (const model of Object.values(models)) model.close();
    },
  };
}
