import { CONTEXTS, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  cassandraRights,
  kafkaRights,
  migrationRights,
  MIGRATIONS,
  mysqlRights,
  serviceAccounts,
  stackNames,
} from '@meridian/local-stack';
import type { KafkaGrant } from '@meridian/messaging';
import { stringify } from 'yaml';

/** Where the accounts of closed engines stand. */
export const CLOSED_ENGINES = 'deploy/kubernetes/engines/closed';

/** How they are written. */
export const COMMAND = 'npx node tools/deploy/accounts/generate.ts';
/** Stands where a password belongs. It is no text in quotes, so that no engine takes a statement that still has it. */
const passwordOf = (user: string): string => `<password of ${user}, in quotes>`;

/**
 * The accounts that services have in closed engines, one text per file, by its path below the folder. Their rights are
 * those of a closed stack on one machine. Kafka's accounts are resources of Strimzi. Those of MySQL and Cassandra are
 * statements for an operator's client.
 */
export function accountFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['kafka/users.yaml', yamlFile([...serviceAccounts().map(kafkaUser), ...CONTEXTS.map(kafkaTopic)])],
    ['mysql/accounts.sql', mysqlFile()],
    ['cassandra/1-before-migrations.cql', cassandraFile(beforeMigrations())],
    [
      'cassandra/2-after-migrations.cql',
      cassandraFile(cassandraRights(stackNames().keyspace, serviceAccounts())),
    ],
  ]);
}

function yamlFile(resources: readonly object[]): string {
  const documents = resources.map((one) => stringify(one, { lineWidth: 0, singleQuote: true }));
  return [`# Written by ${COMMAND}.\n`, documents.join('---\n')].join('');
}

const inEngines = (name: string) => ({
  name,
  namespace: 'engines',
  labels: { 'strimzi.io/cluster': 'meridian' },
});

function kafkaUser(user: string): object {
  const password = { valueFrom: { secretKeyRef: { name: `${user}-account`, key: 'kafka-password' } } };
  const grants = kafkaRights(stackNames().topicPrefix, serviceAccounts()).filter((one) => one.user === user);
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaUser',
    metadata: inEngines(user),
    spec: {
      authentication: { type: 'scram-sha-512', password },
      authorization: { type: 'simple', acls: grants.map(acl) },
    },
  };
}

const OPERATIONS = {
  read: 'Read',
  write: 'Write',
  describe: 'Describe',
  'describe-configs': 'DescribeConfigs',
  delete: 'Delete',
} as const;
const MATCH = { exactly: 'literal', prefix: 'prefix' } as const;

function acl({ on, name, match, may }: KafkaGrant): object {
  // There is one cluster only: Strimzi wants no name of it.
  const resource = on === 'cluster' ? { type: on } : { type: on, name, patternType: MATCH[match] };
  return { type: 'allow', resource, operations: may.map((operation) => OPERATIONS[operation]), host: '*' };
}

/** No service may make a topic, so that Strimzi does. Sizes and copies are the brokers' defaults. */
function kafkaTopic(context: (typeof CONTEXTS)[number]): object {
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: inEngines(topicOf(context, stackNames().topicPrefix)),
    spec: { partitions: SHARD_COUNT },
  };
}

function statements(comment: string, lines: readonly string[]): string {
  return [`${comment} Written by ${COMMAND}.`, ...lines.map((line) => `${line};`), ''].join('\n');
}

function mysqlFile(): string {
  const lines = [...mysqlRights(stackNames())].flatMap(([user, rights]) => {
    const account = `'${user}'@'%'`;
    return [
      `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${passwordOf(user)} REQUIRE SSL`,
      ...rights.map((right) => `GRANT ${right} TO ${account}`),
    ];
  });
  return statements('-- Accounts of MySQL. Put the passwords in first.', lines);
}

function beforeMigrations(): readonly string[] {
  const roles = [MIGRATIONS, ...serviceAccounts()].map(
    (user) => `CREATE ROLE IF NOT EXISTS "${user}" WITH PASSWORD = ${passwordOf(user)} AND LOGIN = true`,
  );
  return [...roles, ...migrationRights];
}

function cassandraFile(lines: readonly string[]): string {
  return statements('-- Accounts of Cassandra. Put the passwords in first.', lines);
}
