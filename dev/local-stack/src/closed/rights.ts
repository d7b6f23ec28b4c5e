import { KAFKA_CLUSTER, type KafkaGrant } from '@meridian/messaging';
import type { StackNames } from '../stack-names.ts';

/** The account by which `meridian migrate` changes schemas; no service has it. */
export const MIGRATIONS = 'migrations';

/** The account of a service in the engines. Services that do the same in several regions share one. */
export const accountOf = (service: string): string =>
  service.startsWith('query-service-') ? 'query-service' : service;

const isProjector = (account: string): boolean => account.startsWith('projector-');
const readModelOf = (account: string): string => account.slice('projector-'.length);

/**
 * What each account may do in MySQL. Only command-service has something to do there, and it cannot change the schema.
 * The schemas need not exist yet.
 */
export function mysqlRights({ database, keysDatabase }: StackNames): ReadonlyMap<string, readonly string[]> {
  const on = (rights: string) => [database, keysDatabase].map((schema) => `${rights} ON \`${schema}\`.*`);
  const rows = 'SELECT, INSERT, UPDATE, DELETE';
  return new Map([
    [MIGRATIONS, on(`${rows}, CREATE, ALTER, DROP, INDEX, REFERENCES`)],
    ['command-service', on(rows)],
  ]);
}

/** What each account may do in Kafka. Nobody but the administrator makes, changes or deletes a topic. */
export function kafkaRights(topicPrefix: string, accounts: readonly string[]): readonly KafkaGrant[] {
  const topics = { on: 'topic', name: `${topicPrefix}.`, match: 'prefix' } as const;
  const groups = (user: string, name: string): KafkaGrant => {
    return { user, on: 'group', name, match: 'prefix', may: ['read', 'describe', 'delete'] };
  };
  return accounts.flatMap((user): readonly KafkaGrant[] => {
    if (user === 'command-service') {
      return [
        { user, ...topics, may: ['write', 'read', 'describe', 'describe-configs'] },
        { user, on: 'cluster', name: KAFKA_CLUSTER, match: 'exactly', may: ['describe-configs'] },
        groups(user, 'tails.'),
      ];
    }
    const reads: KafkaGrant = { user, ...topics, may: ['read', 'describe'] };
    if (user === 'query-service') return [reads, groups(user, `${topicPrefix}.query.`)];
    if (!isProjector(user)) return [];
    // A catch-up of a region reads ranges of events outside of the projector's own group.
    return [reads, groups(user, `${topicPrefix}.projector.${readModelOf(user)}.g`), groups(user, 'ranges.')];
  });
}

/** The tables in which every projector keeps its own rows. `meridian migrate` makes them. */
const SHARED_TABLES = [
  'projection_generation',
  'projection_progress',
  'projection_journal',
  'parked_aggregate',
  'parked_mark',
  'parked_event',
  'parking_request',
  'late_contributor',
  'deferred_event',
  'deferred_mark',
];

/** Statements that let the account of migrations make keyspaces. Whoever makes something may do everything with it. */
export const migrationRights: readonly string[] = [`GRANT CREATE ON ALL KEYSPACES TO "${MIGRATIONS}"`];

/**
 * Statements that say what each account may do in Cassandra, once the keyspaces and the shared tables are there. A
 * projector makes the tables of its own generations. Cassandra lets it do everything with these, and nothing with those
 * that another projector has made.
 */
export function cassandraRights(keyspace: string, accounts: readonly string[]): readonly string[] {
  const keys = `${keyspace}_keys.customer_key`;
  return accounts.flatMap((account) => {
    const grant = (right: string, what: string) => `GRANT ${right} ON ${what} TO "${account}"`;
    if (account === 'command-service') return [grant('SELECT', keys), grant('MODIFY', keys)];
    if (account === 'query-service') return [grant('SELECT', `KEYSPACE ${keyspace}`), grant('SELECT', keys)];
    if (!isProjector(account)) return [];
    const shared = SHARED_TABLES.flatMap((table) =>
      ['SELECT', 'MODIFY'].map((right) => grant(right, `${keyspace}.${table}`)),
    );
    return [grant('CREATE', `KEYSPACE ${keyspace}`), ...shared];
  });
}
