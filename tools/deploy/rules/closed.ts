import {
  listAt,
  numberAt,
  ofKind,
  textAt,
  textsAt,
  titleOf,
  chosenBy,
  at,
  type Build,
} from '../model/manifest.ts';
import { environmentOf, podsOf, serviceOf, type Container, type Pod } from '../model/pods.ts';
import type { Product } from '../model/product.ts';
import type { Rule } from './rule.ts';

type Values = Readonly<Record<string, string>>;

const nameOf = (pod: Pod): string => pod.labels['app.kubernetes.io/name'] ?? '';
const valuesOf = (build: Build, container: Container): Values => environmentOf(build, container).values;
const closedPods = (build: Build): readonly Pod[] =>
  podsOf(build).filter(({ containers }) =>
    containers.some((one) => valuesOf(build, one)['MERIDIAN_ACCESS'] === 'closed'),
  );
const isClosed = (build: Build): boolean => closedPods(build).length > 0;

/** Readable by the owner and by the group of the volume, and by nobody else: 0440. */
const MODE = 0o440;

/** Every file that a process is told of is a Secret's, mounted for reading, and nobody else on the node reads it. */
export const secretFiles: Rule = {
  name: 'secret-files',
  check: (build) =>
    podsOf(build).flatMap((pod) =>
      pod.containers.flatMap((container) =>
        Object.entries(valuesOf(build, container)).flatMap(([name, path]) => {
          if (!name.endsWith('_FILE')) return [];
          const problem = problemOfFile(pod, container, path);
          return problem === undefined ? [] : [`${container.title} is told of ${path}, ${problem}`];
        }),
      ),
    ),
};

function problemOfFile(pod: Pod, { spec }: Container, path: string): string | undefined {
  const mount = listAt(spec, 'volumeMounts').find((one) =>
    path.startsWith(`${textAt(one, 'mountPath') ?? '?'}/`),
  );
  const volume = listAt(pod.spec, 'volumes').find((one) => textAt(one, 'name') === textAt(mount, 'name'));
  if (!mount || !volume) return 'which is in no volume';
  if (at(mount, 'readOnly') !== true) return 'which it could change';
  const secret = at(volume, 'secret');
  if (secret === undefined) return 'which is no Secret’s';
  if (numberAt(secret, 'defaultMode') !== MODE) return 'which others may read';
  const items = listAt(secret, 'items').map((item) => textAt(item, 'path'));
  const file = path.slice((textAt(mount, 'mountPath') ?? '').length + 1);
  const isThere = items.length === 0 ? TLS_FILES.includes(file) : items.includes(file);
  return isThere ? undefined : 'which its Secret does not have';
}

/** What a Secret of the type kubernetes.io/tls has, with the authority that cert-manager adds. */
const TLS_FILES = ['tls.crt', 'tls.key', 'ca.crt'];

/** Where one listener is closed, everything is: each listener, each engine and each way between services. */
export const closed: Rule = {
  name: 'closed',
  check(build, product) {
    if (!isClosed(build)) return [];
    const said = podsOf(build).flatMap((pod) =>
      pod.containers.flatMap((container) =>
        openWays(build, product, pod, container).map((problem) => `${container.title} ${problem}`),
      ),
    );
    return [...said, ...openServices(build), ...openRoutes(build)];
  },
};

/** What a closed process needs beside a setting that it has. */
const NEEDED: readonly (readonly [string, readonly string[]])[] = [
  ['MERIDIAN_KAFKA_BROKERS', ofEngine('KAFKA')],
  ['MERIDIAN_CASSANDRA', ofEngine('CASSANDRA')],
  ['MERIDIAN_MYSQL_URL_FILE', ['MERIDIAN_MYSQL_AUTHORITY_FILE']],
  [
    'MERIDIAN_JOURNAL_ADDRESSES',
    ['AUTHORITY', 'CERTIFICATE', 'KEY'].map((one) => `MERIDIAN_CLIENT_${one}_FILE`),
  ],
];

function ofEngine(engine: string): readonly string[] {
  return ['AUTHORITY_FILE', 'USER', 'PASSWORD_FILE'].map((one) => `MERIDIAN_${engine}_${one}`);
}

/** A listener that callers use. */
const OF_LISTENER = [
  'MERIDIAN_TLS_CERTIFICATE_FILE',
  'MERIDIAN_TLS_KEY_FILE',
  'MERIDIAN_TLS_CLIENT_AUTHORITY_FILE',
  'MERIDIAN_TOKEN_ISSUER',
];

function openWays(build: Build, product: Product, pod: Pod, container: Container): string[] {
  const { values, secret } = environmentOf(build, container);
  const listens = product.reads(serviceOf(pod) ?? '', 'MERIDIAN_ACCESS');
  const needed = NEEDED.flatMap(([name, others]) => (values[name] === undefined ? [] : others));
  const lacking = [...needed, ...(listens ? OF_LISTENER : [])].filter((name) => values[name] === undefined);
  const users = ['MERIDIAN_KAFKA_USER', 'MERIDIAN_CASSANDRA_USER'].flatMap((name) => values[name] ?? []);
  const secrets = listAt(pod.spec, 'volumes').flatMap((one) => textAt(one, 'secret', 'secretName') ?? []);
  const foreign = secrets.filter(
    (name) =>
      !name.startsWith('meridian-') && name !== `${nameOf(pod)}-account` && name !== `${nameOf(pod)}-tls`,
  );
  return [
    ...secret.map((name) => `has ${name} in its environment and not in a file`),
    ...lacking.map((name) => `lacks ${name}`),
    ...(listens && values['MERIDIAN_ACCESS'] !== 'closed' ? ['is open to callers'] : []),
    ...(values['MERIDIAN_OPEN_TO'] === undefined ? [] : ['is told to whom it may be open']),
    ...users.filter((user) => user !== nameOf(pod)).map((user) => `enters an engine as ${user}`),
    ...foreign.map((name) => `reads the secret ${name} of another`),
  ];
}

/** Whoever follows a Service's protocol speaks TLS to its gRPC port. */
function openServices(build: Build): string[] {
  const pods = closedPods(build);
  return ofKind(build, 'Service').flatMap((service) => {
    const chosen = textsAt(service, 'spec', 'selector');
    if (!pods.some(({ labels }) => chosenBy(chosen, labels))) return [];
    const grpc = listAt(service, 'spec', 'ports').find((port) => textAt(port, 'name') === 'grpc');
    return textAt(grpc, 'appProtocol') === 'https'
      ? []
      : [`${titleOf(service)} says that its port has no TLS`];
  });
}

/** A gateway checks the certificate of every service that it leads to. */
function openRoutes(build: Build): string[] {
  const checked = new Set(
    ofKind(build, 'BackendTLSPolicy').flatMap((policy) =>
      listAt(policy, 'spec', 'targetRefs').flatMap((target) => textAt(target, 'name') ?? []),
    ),
  );
  return ofKind(build, 'GRPCRoute').flatMap((route) =>
    listAt(route, 'spec', 'rules')
      .flatMap((rule) => listAt(rule, 'backendRefs'))
      .map((backend) => textAt(backend, 'name') ?? '?')
      .filter((name) => !checked.has(name))
      .map((name) => `${titleOf(route)} leads to ${name} without TLS`),
  );
}
