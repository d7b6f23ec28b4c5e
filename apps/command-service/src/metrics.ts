import type { EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readBacklog } from '@meridian/relay';
import type { Metrics } from '@meridian/service-host';
import { readHead, type GroupReport } from '@meridian/write-store';

/** What command-service counts. */
export interface CommandMetrics {
  grouped(report: GroupReport): void;
  retried(cause: unknown): void;
  published(events: readonly EventEnvelope[]): void;
  watchQueue(depth: () => number): void;
}

const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Registers the service's metrics. */
export function commandMetrics(metrics: Metrics, pool: MysqlPool): CommandMetrics {
  const sizes = metrics.histogram({
    name: 'meridian_commit_group_commands',
    help: 'Commands in one transaction.',
    buckets: GROUP_SIZES,
  });
  const durations = metrics.histogram({
    name: 'meridian_commit_duration_seconds',
    help: 'How long a transaction took.',
  });
  const retries = metrics.counter({
    name: 'meridian_commit_retries_total',
    help: 'Transactions that were rolled back and tried again.',
  });
  const published = metrics.counter({
    name: 'meridian_relay_published_total',
    help: 'Events that Kafka acknowledged.',
    labelNames: ['context'],
  });
  metrics.gauge({
    name: 'meridian_relay_backlog_events',
    help: 'Events of the journal that are not published yet, by shard.',
    labelNames: ['shard'],
    async collect(gauge) {
      for (const shard of await readBacklog(pool)) gauge.set({ shard: shard.shard }, Number(shard.depth));
    },
  });
  metrics.gauge({
    name: 'meridian_relay_oldest_unpublished_seconds',
    help: 'Age of the oldest event that is not published yet; 0 when there is none.',
    async collect(gauge) {
      const ages = (await readBacklog(pool)).map((shard) => shard.oldestAgeMs ?? 0);
      gauge.set(Math.max(0, ...ages) / 1_000);
    },
  });
  metrics.gauge({
    name: 'meridian_journal_position',
    help: 'The highest position of the journal.',
    async collect(gauge) {
      gauge.set(Number(await readHead(pool)));
    },
  });
  return {
    grouped({ commands, durationMs }) {
      sizes.observe(commands);
      durations.observe(durationMs / 1_000);
    },
    retried: () => retries.inc(),
    published(events) {
      for (const { context } of events) published.inc({ context });
    },
    watchQueue(current) {
      metrics.gauge({
        name: 'meridian_commands_waiting',
        help: 'Commands that wait for their group.',
        collect: (gauge) => gauge.set(current()),
      });
    },
  };
}
