import {
  at,
  chosenBy,
  keysAt,
  listAt,
  ofKind,
  textAt,
  textsAt,
  titleOf,
  type Build,
  type Manifest,
} from '../model/manifest.ts';
import { environmentOf, podsOf, portsOf, serviceOf, type Pod } from '../model/pods.ts';
import type { Rule } from './rule.ts';

/** MySQL is reached directly, or by the router of its operator. */
const MYSQL = [3306, 6446];
const DNS = 53;
const HTTPS = 443;

const selectorOf = (policy: Manifest) => textsAt(policy, 'spec', 'podSelector', 'matchLabels');

/** The policies that choose a pod. */
export const policiesOf = (build: Build, pod: Pod): Manifest[] =>
  ofKind(build, 'NetworkPolicy').filter((policy) => chosenBy(selectorOf(policy), pod.labels));

/** What nobody names is neither let in nor out. */
export const defaultDeny: Rule = {
  name: 'default-deny',
  check(build) {
    const denying = ofKind(build, 'NetworkPolicy').some((policy) => {
      const types = listAt(policy, 'spec', 'policyTypes');
      const isForAll = keysAt(policy, 'spec', 'podSelector').length === 0;
      const isClosed =
        at(policy, 'spec', 'ingress') === undefined && at(policy, 'spec', 'egress') === undefined;
      return isForAll && isClosed && types.includes('Ingress') && types.includes('Egress');
    });
    return denying ? [] : ['NetworkPolicy: nothing denies what is not named, in and out'];
  },
};

/** Each way in and out has an end and a port, and each workload has exactly the ways that its settings need. */
export const networkWays: Rule = {
  name: 'network-ways',
  check(build, product) {
    const said = ofKind(build, 'NetworkPolicy').flatMap((policy) =>
      [...listAt(policy, 'spec', 'ingress'), ...listAt(policy, 'spec', 'egress')].flatMap((way) =>
        openEnded(way) ? [`${titleOf(policy)} names a way without an end or a port`] : [],
      ),
    );
    for (const pod of podsOf(build)) {
      const allowed = new Set(policiesOf(build, pod).flatMap((policy) => egressPorts(build, policy)));
      const needed = neededPorts(build, pod);
      for (const port of unreachablePorts(build, pod, policiesOf(build, pod)))
        said.push(`${pod.title} may not reach port ${port}, which it needs`);
      const possible = possiblePorts(product.reads(serviceOf(pod) ?? '', 'MERIDIAN_KAFKA_BROKERS'), needed);
      for (const port of allowed)
        if (!possible.has(port)) said.push(`${pod.title} may reach port ${port}, which it does not need`);
      said.push(...scraped(build, pod));
    }
    return [...said, ...operatorsWays(build)];
  },
};

/** The ports that a pod's settings need and that none of some policies lets it reach. */
export function unreachablePorts(build: Build, pod: Pod, policies: readonly Manifest[]): number[] {
  const allowed = new Set(policies.flatMap((policy) => egressPorts(build, policy)));
  return [...neededPorts(build, pod)].filter((port) => !allowed.has(port));
}

/** The labels of the pod from which an operator runs commands. */
const OPERATOR = { 'meridian/operator': 'allowed' };

/** An operator's commands go where migrations and projectors go: to every engine, and to command-service. */
function operatorsWays(build: Build): string[] {
  const policies = ofKind(build, 'NetworkPolicy');
  const own = policies.filter((policy) => chosenBy(selectorOf(policy), OPERATOR));
  const alike = podsOf(build).filter(
    ({ owner, labels }) => owner.kind === 'Job' || labels['meridian/role'] === 'projector',
  );
  if (alike.length === 0) return [];
  const lacking = new Set(alike.flatMap((pod) => unreachablePorts(build, pod, own)));
  const entrance = policies.filter(({ metadata }) => metadata.name === 'command-service');
  const isLetIn = entrance
    .flatMap((policy) => listAt(policy, 'spec', 'ingress'))
    .flatMap((way) => listAt(way, 'from'))
    .some((end) =>
      Object.keys(OPERATOR).every((name) => keysAt(end, 'podSelector', 'matchLabels').includes(name)),
    );
  return [
    ...[...lacking].map((port) => `an operator's pod may not reach port ${port}, which commands need`),
    ...(isLetIn ? [] : ["NetworkPolicy/command-service does not let in an operator's pod"]),
  ];
}

function openEnded(way: unknown): boolean {
  const ends = listAt(way, 'from').concat(listAt(way, 'to'));
  const hasEmptyEnd = ends.some((end) => keysAt(end).length === 0 || isEverywhere(end));
  return ends.length === 0 || hasEmptyEnd || listAt(way, 'ports').length === 0;
}

/** All pods of all namespaces, or all addresses. */
function isEverywhere(end: unknown): boolean {
  if (textAt(end, 'ipBlock', 'cidr')?.endsWith('/0')) return true;
  const choosesNone = (of: unknown) => keysAt(of).length === 0;
  const spaces = at(end, 'namespaceSelector');
  const pods = at(end, 'podSelector');
  return spaces !== undefined && choosesNone(spaces) && (pods === undefined || choosesNone(pods));
}

function egressPorts(build: Build, policy: Manifest): number[] {
  return listAt(policy, 'spec', 'egress').flatMap((way) =>
    listAt(way, 'ports').flatMap((port) => {
      const value = at(port, 'port');
      if (typeof value === 'number') return [value];
      // A named port is of the pods at the other end.
      const ends = listAt(way, 'to').map((end) => textsAt(end, 'podSelector', 'matchLabels'));
      const there = podsOf(build).filter(({ labels }) => ends.some((chosen) => chosenBy(chosen, labels)));
      return there.flatMap((pod) => portsOf(pod).get(String(value)) ?? []);
    }),
  );
}

const ADDRESSES = ['MERIDIAN_KAFKA_BROKERS', 'MERIDIAN_CASSANDRA', 'MERIDIAN_JOURNAL_ADDRESSES'];

function neededPorts(build: Build, pod: Pod): ReadonlySet<number> {
  const ports = new Set([DNS]);
  for (const container of pod.containers) {
    const { values, secret } = environmentOf(build, container);
    for (const name of ADDRESSES)
      for (const address of (values[name] ?? '').split(','))
        if (address !== '') ports.add(Number(address.split(':').at(-1)));
    const issuer = values['MERIDIAN_TOKEN_KEYS_URL'];
    if (issuer !== undefined) ports.add(Number(new URL(issuer).port || HTTPS));
    const isOnMysql =
      secret.includes('MERIDIAN_MYSQL_URL') || values['MERIDIAN_MYSQL_URL_FILE'] !== undefined;
    if (isOnMysql) for (const port of MYSQL) ports.add(port);
  }
  return ports;
}

/**
 * The ports that a service could need, by the settings that it has. A way out for a setting that is not used
 * yet, such as Kafka, is not one too many.
 */
function possiblePorts(readsKafka: boolean, needed: ReadonlySet<number>): ReadonlySet<number> {
  const ports = new Set(needed);
  if (readsKafka) ports.add(9092);
  return ports;
}

function scraped(build: Build, pod: Pod): string[] {
  if (!portsOf(pod).has('http')) return [];
  const ways = policiesOf(build, pod).flatMap((policy) => listAt(policy, 'spec', 'ingress'));
  const isScraped = ways.some((way) => listAt(way, 'ports').some((port) => textAt(port, 'port') === 'http'));
  return isScraped ? [] : [`${pod.title} lets nobody read its metrics`];
}
