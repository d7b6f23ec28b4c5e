import { CONTEXTS, topicOf } from '@meridian/contracts';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchSystem } from './bench-system.ts';

/** A broker acknowledges a deletion before it is complete. */
const TOPICS_GONE_MS = 1_000;

/** Removes the schema and the topics of a space, so that the next use of the space begins with an empty journal. */
export async function forgetSpace({ mysql, brokers, security }: BenchSystem, space: string): Promise<void> {
  const pool = createPool({ ...mysql, database: 'mysql', connectionLimit: 1, queryTimeoutMs: 60_000 });
  try {
    await pool.query(`DROP DATABASE IF EXISTS ${space}`);
  } finally {
    await pool.close();
  }
  const topics = [...CONTEXTS.map((context) => topicOf(context, space)), rawTopicOf(space)];
  await deleteTopics(connectKafka({ brokers, clientId: 'bench-forget', security }), topics);
  await pause(TOPICS_GONE_MS);
}

/** The topic of the bare chain beside a space. */
export const rawTopicOf = (space: string): string => `${space}.raw`;
