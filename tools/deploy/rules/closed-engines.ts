import { serviceAccounts } from '@meridian/local-stack';
import { at, listAt, ofKind, textAt, titleOf, type Manifest } from '../model/manifest.ts';
import type { Rule } from './rule.ts';

/** Engines take nobody without TLS and an account, and every service has an account of its own. */
export const closedEngines: Rule = {
  name: 'closed-engines',
  check(build) {
    const clusters = ofKind(build, 'Kafka');
    const users = ofKind(build, 'KafkaUser');
    return [
      ...clusters.flatMap(openKafka),
      ...(clusters.length === 0 ? [] : lackingUsers(users)),
      ...users.flatMap(openUser),
      ...ofKind(build, 'K8ssandraCluster').flatMap(openCassandra),
      ...ofKind(build, 'InnoDBCluster').flatMap(openMysql),
    ];
  },
};

function openKafka(kafka: Manifest): string[] {
  const title = titleOf(kafka);
  const ways = listAt(kafka, 'spec', 'kafka', 'listeners').flatMap((listener) => {
    const name = `${title} has the listener ${textAt(listener, 'name') ?? '?'}`;
    return [
      ...(at(listener, 'tls') === true ? [] : [`${name} without TLS`]),
      ...(textAt(listener, 'authentication', 'type') === 'scram-sha-512'
        ? []
        : [`${name}, which asks nobody for a password that services have`]),
    ];
  });
  const grants = textAt(kafka, 'spec', 'kafka', 'authorization', 'type') === 'simple';
  return [...ways, ...(grants ? [] : [`${title} lets every account do everything`])];
}

function lackingUsers(users: readonly Manifest[]): string[] {
  const there = new Set(users.map(({ metadata }) => metadata.name));
  return serviceAccounts()
    .filter((account) => !there.has(account))
    .map((account) => `KafkaUser/${account} is not there`);
}

function openUser(user: Manifest): string[] {
  const secret = textAt(user, 'spec', 'authentication', 'password', 'valueFrom', 'secretKeyRef', 'name');
  const own = `${user.metadata.name}-account`;
  return secret === own ? [] : [`${titleOf(user)} has the password of ${secret ?? 'nobody'}, not of ${own}`];
}

const OF_CASSANDRA: readonly (readonly [path: readonly string[], wanted: unknown, problem: string])[] = [
  [['auth'], true, 'asks nobody for an account'],
  [
    ['cassandra', 'config', 'cassandraYaml', 'client_encryption_options', 'enabled'],
    true,
    'takes clients without TLS',
  ],
  [
    ['cassandra', 'config', 'cassandraYaml', 'client_encryption_options', 'optional'],
    false,
    'leaves TLS to its clients',
  ],
  [
    ['cassandra', 'config', 'cassandraYaml', 'server_encryption_options', 'internode_encryption'],
    'all',
    'has nodes that speak without TLS',
  ],
  [
    ['cassandra', 'config', 'cassandraYaml', 'server_encryption_options', 'require_client_auth'],
    true,
    'lets in nodes without a certificate',
  ],
];

function openCassandra(cluster: Manifest): string[] {
  return OF_CASSANDRA.filter(([path, wanted]) => at(cluster, 'spec', ...path) !== wanted).map(
    ([, , problem]) => `${titleOf(cluster)} ${problem}`,
  );
}

/** Accounts of services require TLS; what is checked here is that there is a certificate that clients can check. */
function openMysql(cluster: Manifest): string[] {
  const isSelfSigned = at(cluster, 'spec', 'tlsUseSelfSigned') !== false;
  const lacking = [['tlsSecretName'], ['tlsCASecretName'], ['router', 'tlsSecretName']].filter(
    (path) => textAt(cluster, 'spec', ...path) === undefined,
  );
  return [
    ...(isSelfSigned ? [`${titleOf(cluster)} has certificates that no authority signed`] : []),
    ...lacking.map((path) => `${titleOf(cluster)} lacks ${path.join('.')}`),
  ];
}
