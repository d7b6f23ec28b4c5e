import { randomUUID } from 'node:crypto';
import { prepareListener } from '@meridian/access';
import { checkedName } from '@meridian/cassandra';
import { checkRequest, CONTEXTS, descriptorSet } from '@meridian/contracts';
import type { Projection } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import { createPagePlaces } from '@meridian/read-store';
import { startRpcServer } from '@meridian/rpc';
import { createMasterKey } from '@meridian/sealing/unsealing';
import { cassandraSecurityOf, kafkaSecurityOf, type Host, type RunningService } from '@meridian/service-host';
import type { QueryServiceConfig } from './config.ts';
import { followGenerations } from './follow-generations.ts';
import { followOnDemand, type OnDemandFollower } from './follow-on-demand.ts';
import { createNotificationListeners, followEvents, type NotificationListeners } from './notifications.ts';
import { queryMetrics, type QueryMetrics } from './metrics.ts';
import { createPageTokens } from './page-tokens.ts';
import { createOrderWatches } from './questions/orders/watch-order.ts';
import { createReadModel, type ReadModel } from './read-model.ts';
import { forEachReadModel, type ReadModelsByName } from './read-models-by-name.ts';
import { readiness } from './readiness.ts';
import { openRegionStore, type RegionStore } from './region-store.ts';
import { requiredTables } from './schema.ts';
import { registerServices } from './services.ts';
import { waitUntilKnown } from './wait-until-known.ts';

const WATCH_ORDER = '/meridian.orders.v1.OrdersQueryService/WatchOrder';

/** Builds query-service for one region: the one place that knows its adapters. */
export async function compose(host: Host, config: QueryServiceConfig): Promise<RunningService> {
  const listener = await prepareListener(host, config, descriptorSet);
  const keyspace = checkedName(config.MERIDIAN_KEYSPACE);
  const metrics = queryMetrics(host.metrics);
  const stores = openStores(host, config, metrics);
  const notifications = createNotificationListeners();
  const onWaiting = () => follower?.need();
  const models = readModels(stores, keyspace, config, { metrics, notifications, onWaiting });
  const all = Object.values(models);
  metrics.watchModels(models);
  const orderWatches = createOrderWatches(models.orders, onWaiting);
  metrics.watchWatches(orderWatches);
  notifications.add(orderWatches);
  const generations = followGenerations({ stores, keyspace, models: all, log: host.log });
  const isNeeded = () => orderWatches.size().watchers > 0;
  const follower = followNotifications(host, config, {
    journals: generations.journals,
    notifications,
    isNeeded,
  });
  const server = await startRpcServer({
    ...listener.options,
    check: checkRequest,
    before: waitUntilKnown(generations, config.MERIDIAN_REGION),
    onBegun: host.metrics.callBegun,
    observe: (path, status, durationMs) => host.metrics.observeCall(path, status, durationMs),
    log: host.log,
    shutdownPauseMs: config.MERIDIAN_SHUTDOWN_PAUSE_MS,
    maxConcurrentPerMethod: config.MERIDIAN_CALLS_PER_METHOD,
    maxWaitingPerMethod: config.MERIDIAN_WAITING_PER_METHOD,
    maxConcurrentOf: { [WATCH_ORDER]: config.MERIDIAN_WATCHES },
    sharedAnswersOf: [WATCH_ORDER],
    register: (registry) => {
      const tokens = createPageTokens(...config.MERIDIAN_PAGE_TOKEN_KEY);
      registerServices(registry, { models, tokens, orderWatches });
    },
  });
  const required = () =>
    requiredTables(
      keyspace,
      all.map((model) => ({ tables: tablesOf(model), generation: model.live() })),
    );
  const isReady = readiness(stores, required, all, host.log);
  return {
    grpcPort: server.port,
    ready: async () => generations.known() && (await isReady()),
    serving: (ready) => server.setServing(ready),
    async drain() {
      orderWatches.close();
      await server.shutdown(config.MERIDIAN_DRAIN_MS / 2);
    },
    async stop() {
      listener.close();
      await follower?.stop();
      await generations.stop();
      for (const model of all) model.close();
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

function tablesOf({ name }: ReadModel): Projection['tables'] {
  return PROJECTIONS.find((projection) => projection.name === name)?.tables ?? [];
}

/** The region's own store, then those that stand in for it. */
function openStores(
  { log }: Host,
  config: QueryServiceConfig,
  metrics: QueryMetrics,
): readonly RegionStore[] {
  const own = { region: config.MERIDIAN_REGION, contactPoints: config.MERIDIAN_CASSANDRA };
  const others = config.MERIDIAN_CASSANDRA_FALLBACKS.filter(({ region }) => region !== own.region);
  // Under load an outage fails thousands of statements per second. One log line per second tells of it.
  let quietUntilMs = 0;
  return [own, ...others].map((where) => {
    metrics.storeServing(where.region, true);
    return openRegionStore({
      ...where,
      security: cassandraSecurityOf(config),
      keyspace: config.MERIDIAN_KEYSPACE,
      timeoutMs: config.MERIDIAN_CASSANDRA_TIMEOUT_MS,
      onFailure(error, region) {
        metrics.storeFailed(region);
        if (Date.now() < quietUntilMs) return;
        quietUntilMs = Date.now() + 1_000;
        log.warn({ err: error, region }, 'a region’s store did not answer a question');
      },
      onServing(region, serving) {
        metrics.storeServing(region, serving);
        log.warn(
          { region },
          serving ? 'the region’s store answers again' : 'the region’s store is given up for now',
        );
      },
    });
  });
}

function readModels(
  stores: readonly RegionStore[],
  keyspace: string,
  config: QueryServiceConfig,
  {
    metrics,
    notifications,
    onWaiting,
  }: {
    readonly metrics: QueryMetrics;
    readonly notifications: NotificationListeners;
    readonly onWaiting: () => void;
  },
): ReadModelsByName {
  const masterKey = createMasterKey(...config.MERIDIAN_MASTER_KEY);
  const pages = createPagePlaces();
  return forEachReadModel((projection) =>
    createReadModel({
      projection,
      stores,
      keyspace,
      masterKey,
      pages,
      pollMs: config.MERIDIAN_PROGRESS_POLL_MS,
      notifications,
      onWaiting,
      onWaited: (seconds) => metrics.waited(projection.name, seconds),
    }),
  );
}

/** Follows events while somebody waits for them, or watches. */
function followNotifications(
  { log }: Host,
  config: QueryServiceConfig,
  {
    journals,
    notifications,
    isNeeded,
  }: {
    readonly journals: () => ReadonlySet<string>;
    readonly notifications: NotificationListeners;
    readonly isNeeded: () => boolean;
  },
): OnDemandFollower | undefined {
  const { MERIDIAN_KAFKA_BROKERS: brokers, MERIDIAN_TOPIC_PREFIX: topicPrefix } = config;
  if (!brokers) return undefined;
  const security = kafkaSecurityOf(config);
  return followOnDemand({
    isNeeded,
    start() {
      const follower = `${topicPrefix}.query.${config.MERIDIAN_REGION}.${randomUUID()}`;
      return followEvents({
        brokers,
        security,
        topicPrefix,
        contexts: CONTEXTS,
        follower,
        log,
        listener: notifications,
        journals,
      });
    },
    onEnd: () => notifications.notificationsArrive(false),
  });
}
