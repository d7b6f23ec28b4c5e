import { within } from '@meridian/async';
import type { MysqlPool } from '@meridian/mysql';
import { MOST_COUNTED, readBacklog, readOldestAgeMs } from '@meridian/relay';
import type { Metrics } from '@meridian/service-host';
import { readHead } from '@meridian/write-store';

/** A scrape waits this long for the database; Prometheus itself gives up after ten seconds. */
const ANSWER_WITHIN_MS = 2_000;

/**
 * Registers what is read from the database at each scrape. While it does not answer these gauges have no samples, and all the
 * others do. No read is begun while an earlier one of the same gauge still waits. Each gauge has a read of its own. So the age of the
 * oldest event, which an alert watches, is told however long the backlog takes to count.
 */
export function databaseGauges(metrics: Metrics, pool: MysqlPool, answerWithinMs = ANSWER_WITHIN_MS): void {
  const backlog = answered(() => readBacklog(pool), answerWithinMs);
  const oldestAgeMs = answered(() => readOldestAgeMs(pool), answerWithinMs);
  const head = answered(() => readHead(pool), answerWithinMs);
  metrics.gauge({
    name: 'meridian_relay_backlog_events',
    help: `Events of the journal that are not published yet, by shard, ${MOST_COUNTED} at most. Absent while the database does not answer.`,
    labelNames: ['shard'],
    async collect(gauge) {
      const shards = await backlog();
      gauge.reset();
      for (const { shard, depth } of shards ?? []) gauge.set({ shard }, depth);
    },
  });
  metrics.gauge({
    name: 'meridian_relay_oldest_unpublished_seconds',
    help: 'Age of the oldest event that is not published yet; 0 when there is none. Absent while the database does not answer.',
    async collect(gauge) {
      const ageMs = await oldestAgeMs();
      // A reset would say 0.
      if (ageMs === undefined) gauge.remove();
      else gauge.set(ageMs / 1_000);
    },
  });
  metrics.gauge({
    name: 'meridian_journal_position',
    help: 'The highest position of the journal. Absent while the database does not answer.',
    async collect(gauge) {
      const position = await head();
      if (position === undefined) gauge.remove();
      else gauge.set(Number(position));
    },
  });
}

/** Shares a read among those who ask while it runs; answers undefined when it fails or takes too long. */
export function answered<T>(read: () => Promise<T>, withinMs: number): () => Promise<T | undefined> {
  let running: Promise<T | undefined> | undefined;
  return () => {
    // A failure is told by the samples that are missing, and by everything else that needs the database.
    running ??= read()
      .catch(() => undefined)
      .finally(() => (running = undefined));
    return within(withinMs, running).catch(() => undefined);
  };
}
