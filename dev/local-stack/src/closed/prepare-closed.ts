import { connectCassandra } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import {
  cassandraVariable,
  contactPointsOf,
  replicasByRegion,
  runCommand,
  workspaceFolder,
} from '@meridian/engines';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics, grantKafka } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';
import type { StackNames } from '../stack-names.ts';
import {
  administratorSecurity,
  cassandraVariables,
  mysqlVariables,
  urlOf,
  type ClosedStack,
} from './closed-environment.ts';
import { cassandraRights, kafkaRights, migrationRights, MIGRATIONS, mysqlRights } from './rights.ts';

/** What is to be prepared in closed engines. */
export interface ClosedPreparation {
  readonly closed: ClosedStack;
  readonly regions: readonly string[];
  /** The engines' addresses as MERIDIAN_* variables. */
  readonly engines: Readonly<Record<string, string>>;
  readonly names: StackNames;
  /** The accounts of all services. */
  readonly accounts: readonly string[];
}

/**
 * Makes accounts with the least rights, topics, schemas, keyspaces and the tables that services share, before any service
 * starts. Safe to repeat. Rights that an earlier start has given stay.
 */
export async function prepareClosed(preparation: ClosedPreparation): Promise<void> {
  await Promise.all([makeMysqlAccounts(preparation), prepareKafka(preparation)]);
  await prepareCassandra(preparation);
}

async function makeMysqlAccounts({ closed, engines, names }: ClosedPreparation): Promise<void> {
  const { user: administrator, password } = closed.engines.administrator;
  const url = urlOf(engines['MERIDIAN_MYSQL_URL'] ?? '', administrator, password);
  const { authority } = administratorSecurity(closed.engines);
  const pool = createPool({ url, authority, connectionLimit: 1 });
  try {
    for (const [user, rights] of mysqlRights(names)) {
      const account = `'${user}'@'localhost'`;
      await pool.query(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ? REQUIRE SSL`, [
        closed.secrets.password(user).text,
      ]);
      for (const right of rights) await pool.query(`GRANT ${right} TO ${account}`);
    }
  } finally {
    await pool.close();
  }
}

async function prepareKafka({ closed, engines, names, accounts }: ClosedPreparation): Promise<void> {
  const brokers = (engines['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const security = administratorSecurity(closed.engines);
  const kafka = connectKafka({ brokers, clientId: 'meridian-prepare', security });
  await ensureTopics(
    kafka,
    CONTEXTS.map((context) => topicOf(context, names.topicPrefix)),
    SHARD_COUNT,
  );
  await grantKafka(kafka, kafkaRights(names.topicPrefix, accounts));
}

async function prepareCassandra(preparation: ClosedPreparation): Promise<void> {
  const { closed, regions, engines, names, accounts } = preparation;
  const [home = ''] = regions;
  const session = await connectCassandra({
    contactPoints: contactPointsOf(engines, home),
    localDataCenter: home,
    security: administratorSecurity(closed.engines),
  });
  try {
    const roles = [MIGRATIONS, ...accounts].map((account) => {
      const { text } = closed.secrets.password(account);
      return `CREATE ROLE IF NOT EXISTS "${account}" WITH PASSWORD = '${text}' AND LOGIN = true`;
    });
    await session.schema([...roles, ...migrationRights]);
    await migrate(preparation, home);
    await session.schema(cassandraRights(names.keyspace, accounts));
  } finally {
    await session.close();
  }
}

/** Runs `meridian migrate` by the account that may change schemas. */
async function migrate({ closed, regions, engines, names }: ClosedPreparation, home: string): Promise<void> {
  const environment = {
    ...mysqlVariables(engines['MERIDIAN_MYSQL_URL'] ?? '', MIGRATIONS, closed),
    ...cassandraVariables(MIGRATIONS, closed),
    MERIDIAN_MYSQL_DATABASE: names.database,
    MERIDIAN_KEYS_DATABASE: names.keysDatabase,
    MERIDIAN_REGIONS: regions.join(','),
    MERIDIAN_CASSANDRA: engines[cassandraVariable(home)] ?? '',
    MERIDIAN_KEYSPACE: names.keyspace,
    // One number for all regions: each has as many nodes here.
    MERIDIAN_KEYSPACE_REPLICAS: String(Math.min(...Object.values(replicasByRegion(engines, regions)))),
  };
  await runCommand(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'apps/cli/src/main.ts', 'migrate'],
    {
      cwd: workspaceFolder(),
      env: { PATH: process.env['PATH'], ...environment },
    },
  );
}
