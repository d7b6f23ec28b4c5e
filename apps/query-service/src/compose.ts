import { randomUUID } from 'node:crypto';
import { checkedName, connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { CONTEXTS, descriptorSet, validateRequest } from '@meridian/contracts';
import type { Follower } from '@meridian/messaging';
import { createProgressWatch, createReader, type Projection } from '@meridian/projection';
import { catalogProjection } from '@meridian/read-model-catalog';
import { customersProjection } from '@meridian/read-model-customers';
import { inventoryProjection } from '@meridian/read-model-inventory';
import { ordersProjection } from '@meridian/read-model-orders';
import { salesProjection } from '@meridian/read-model-sales';
import { startRpcServer } from '@meridian/rpc';
import { createKeyCopies, createMasterKey } from '@meridian/sealing';
import type { Host, RunningService } from '@meridian/service-host';
import type { ReadModel } from './answering.ts';
import type { QueryServiceConfig } from './config.ts';
import { queryMetrics, type QueryMetrics } from './metrics.ts';
import { followEvents, type HintListener } from './hints.ts';
import { createPageTokens } from './page-tokens.ts';
import { regionStore } from './region-store.ts';
import { missingTables, requiredTables } from './schema.ts';
import { registerServices, type ReadModelName } from './services.ts';

const PROJECTIONS: Readonly<Record<ReadModelName, Projection>> = {
  catalog: catalogProjection,
  customers: customersProjection,
  inventory: inventoryProjection,
  orders: ordersProjection,
  sales: salesProjection,
};

/** Builds query-service for one region: the one place that knows its adapters. */
export async function compose(host: Host, config: QueryServiceConfig): Promise<RunningService> {
  const keyspace = checkedName(config.MERIDIAN_KEYSPACE);
  const metrics = queryMetrics(host.metrics);
  const session = await openStore(host, config, metrics);
  const models = readModels(session, keyspace, config, metrics);
  metrics.watchModels(models);
  const hints = followHints(host, config, Object.values(models).map(hintsTo));
  const server = await startRpcServer({
    address: config.MERIDIAN_GRPC_ADDRESS,
    validate: validateRequest,
    observe: (path, status, durationMs) => host.metrics.observeCall(path, status, durationMs),
    log: host.log,
    descriptorSet,
    maxConcurrentPerMethod: config.MERIDIAN_CALLS_PER_METHOD,
    register: (registry) =>
      registerServices(registry, {
        models,
        tokens: createPageTokens(config.MERIDIAN_PAGE_TOKEN_KEY),
        keys: createKeyCopies(session, `${keyspace}_keys`, createMasterKey(config.MERIDIAN_MASTER_KEY)),
      }),
  });
  return {
    grpcPort: server.port,
    ready: readiness(session, keyspace, models, host),
    serving: (ready) => server.setServing(ready),
    drain: () => server.shutdown(config.MERIDIAN_DRAIN_MS / 2),
    async stop() {
      await hints?.stop();
      for (const { watch } of Object.values(models)) watch.close();
      await session.close();
    },
  };
}

function followHints(
  { log }: Host,
  {
    MERIDIAN_KAFKA_BROKERS: brokers,
    MERIDIAN_TOPIC_PREFIX: topicPrefix,
    MERIDIAN_REGION: region,
  }: QueryServiceConfig,
  listeners: readonly HintListener[],
): Follower | undefined {
  if (!brokers) return undefined;
  const follower = `${topicPrefix}.query.${region}.${randomUUID()}`;
  return followEvents({ brokers, topicPrefix, contexts: CONTEXTS, follower, log, listeners });
}

function hintsTo({ contexts, watch }: ReadModel): HintListener {
  return {
    hint({ key, context, position }) {
      if (contexts.includes(context)) watch.hint(key, position);
    },
    hinted: (told) => watch.hinted(told),
  };
}

async function openStore(
  { log }: Host,
  config: QueryServiceConfig,
  metrics: QueryMetrics,
): Promise<CassandraSession> {
  const { MERIDIAN_REGION: localDataCenter, MERIDIAN_CASSANDRA: contactPoints } = config;
  const session = await connectCassandra({ contactPoints, localDataCenter });
  // Under load an outage fails thousands of statements a second; one line a second tells it.
  let quietUntilMs = 0;
  return regionStore(session, (error) => {
    metrics.storeFailed();
    if (Date.now() < quietUntilMs) return;
    quietUntilMs = Date.now() + 1_000;
    log.warn({ err: error, region: localDataCenter }, 'the region’s store did not answer a question');
  });
}

function readModels(
  session: CassandraSession,
  keyspace: string,
  config: QueryServiceConfig,
  metrics: QueryMetrics,
): Readonly<Record<ReadModelName, ReadModel>> {
  const { MERIDIAN_REGION: region, MERIDIAN_PROGRESS_POLL_MS: pollMs } = config;
  const model = ({ name: projector, generation, contexts }: Projection): ReadModel => ({
    region,
    contexts,
    watch: createProgressWatch({ session, keyspace, projector, generation, contexts, region, pollMs }),
    reader: createReader(session, keyspace, generation),
    onWaited: (seconds) => metrics.waited(projector, seconds),
  });
  return {
    catalog: model(PROJECTIONS.catalog),
    customers: model(PROJECTIONS.customers),
    inventory: model(PROJECTIONS.inventory),
    orders: model(PROJECTIONS.orders),
    sales: model(PROJECTIONS.sales),
  };
}

/** Ready when every table is there and this region's copy can be asked: a look at every read model's progress. */
function readiness(
  session: CassandraSession,
  keyspace: string,
  models: Readonly<Record<ReadModelName, ReadModel>>,
  { log }: Host,
): () => Promise<boolean> {
  const required = requiredTables(keyspace, Object.values(PROJECTIONS));
  let complete = false;
  let told = '';
  return async () => {
    if (!complete) {
      const missing = await missingTables(session, required);
      complete = missing.length === 0;
      const tables = missing.join(', ');
      if (tables !== told) log.info({ missing }, complete ? 'all tables are there' : 'waiting for tables');
      told = tables;
    }
    if (!complete) return false;
    await Promise.all(Object.values(models).map(({ watch }) => watch.current()));
    return true;
  };
}
