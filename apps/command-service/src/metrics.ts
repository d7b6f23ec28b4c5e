import type { EventEnvelope } from '@meridian/contracts';
import { isDuplicateKey, isLockWaitTimeout, isRetryable, type MysqlPool } from '@meridian/mysql';
import type { JournalWatch } from '@meridian/relay';
import type { Metrics } from '@meridian/service-host';
import type { CommandQueue, GroupReport } from '@meridian/write-store';
import { databaseGauges } from './database-gauges.ts';

/** What command-service counts. */
export interface CommandMetrics {
  grouped(report: GroupReport): void;
  retried(cause: unknown): void;
  published(events: readonly EventEnvelope[]): void;
  watchJournal(watch: Pick<JournalWatch, 'behind' | 'foreign'>): void;
  watchQueue(queue: Pick<CommandQueue, 'depth' | 'held'>): void;
  /** Shards that stand still at an event that is too large for its topic. */
  watchBlocked(shards: () => readonly { readonly shard: number }[]): void;
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
    help: 'Transactions that were rolled back and tried again, by cause: a deadlock, a wait for a lock, a key, or the database away.',
    labelNames: ['cause'],
  });
  const published = metrics.counter({
    name: 'meridian_relay_published_total',
    help: 'Events that Kafka acknowledged.',
    labelNames: ['context'],
  });
  databaseGauges(metrics, pool);
  return {
    grouped({ commands, durationMs }) {
      sizes.observe(commands);
      durations.observe(durationMs / 1_000);
    },
    retried: (cause) => retries.inc({ cause: causeOf(cause) }),
    published(events) {
      for (const { context } of events) published.inc({ context });
    },
    watchQueue(queue) {
      metrics.gauge({
        name: 'meridian_commands_waiting',
        help: 'Commands that wait for their group.',
        collect: (gauge) => gauge.set(queue.depth()),
      });
      metrics.gauge({
        name: 'meridian_commands_held',
        help: 'Commands that wait for rows that another transaction holds.',
        collect: (gauge) => gauge.set(queue.held()),
      });
    },
    watchJournal(watch) {
      metrics.gauge({
        name: 'meridian_journal_behind_positions',
        help: 'Positions that were acknowledged and that the database has lost; above 0, commands are refused and nothing is published until an operator fences the journal.',
        collect(gauge) {
          const behind = watch.behind();
          gauge.set(behind ? Number(behind.known - behind.head) : 0);
        },
      });
      metrics.gauge({
        name: 'meridian_relay_foreign_topics',
        help: '1 while the topics hold events of another journal; nothing is published then.',
        collect: (gauge) => gauge.set(watch.foreign() ? 1 : 0),
      });
    },
    watchBlocked(current) {
      metrics.gauge({
        name: 'meridian_relay_blocked_shard',
        help: 'Shards that stand still here, because an event is larger than its topic takes: 1 each.',
        labelNames: ['shard'],
        collect(gauge) {
          gauge.reset();
          for (const { shard } of current()) gauge.set({ shard }, 1);
        },
      });
    },
  };
}

/** Why a transaction was rolled back: `lock` is a deadlock, which replicas do to each other. */
function causeOf(error: unknown): 'lock' | 'wait' | 'key' | 'away' {
  if (isLockWaitTimeout(error)) return 'wait';
  if (isRetryable(error)) return 'lock';
  return isDuplicateKey(error) ? 'key' : 'away';
}
