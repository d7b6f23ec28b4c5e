import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { connectCassandra, dropKeyspace } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { contactPointsOf, workspaceFolder } from '@meridian/engines';
import { stackNames, startStack, type RunningStack, type StartStackOptions } from '@meridian/local-stack';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';

/** All services on the engines of the environment, under names of their own. */
export interface TestStack extends RunningStack {
  command(): string;
  query(region: string): string;
  /** Stops the services and removes their data. */
  stop(): Promise<void>;
}

/** Starts all services for one test file. */
export async function startTestStack(
  name: string,
  options: Pick<StartStackOptions, 'serviceEnvironment' | 'projectors'> = {},
): Promise<TestStack> {
  const suffix = `${name}_${randomBytes(4).toString('hex')}`;
  const folder = path.join(workspaceFolder(), '.meridian', 'tests', suffix);
  const names = stackNames(suffix);
  const stack = await startStack({ folder, names, engines: 'external', ...options });
  return {
    ...stack,
    command: () => stack.addresses.command,
    query(region) {
      const address = stack.addresses.query[region];
      if (!address) throw new Error(`there is no region ${region}`);
      return address;
    },
    async stop() {
      await stack.stop();
      await removeData(stack);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function removeData({ names, regions, engineEnvironment: environment }: RunningStack): Promise<void> {
  const pool = createPool({ url: environment['MERIDIAN_MYSQL_URL'] ?? '' });
  for (const database of [names.database, names.keysDatabase])
    await pool.query(`DROP DATABASE IF EXISTS ${database}`);
  await pool.close();
  const brokers = (environment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'meridian-tests' });
  await deleteTopics(
    kafka,
    CONTEXTS.map((context) => topicOf(context, names.topicPrefix)),
  );
  const [home = ''] = regions;
  const session = await connectCassandra({
    contactPoints: contactPointsOf(environment, home),
    localDataCenter: home,
  });
  await dropKeyspace(session, names.keyspace);
  await dropKeyspace(session, `${names.keyspace}_keys`);
  await session.close();
}
