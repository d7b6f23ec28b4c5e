import {
  at,
  keysAt,
  listAt,
  numberAt,
  ofKind,
  textAt,
  textsAt,
  chosenBy,
  type Build,
} from '../model/manifest.ts';
import { podsOf, servingPods, type Container, type Pod } from '../model/pods.ts';
import type { Rule } from './rule.ts';

/** The user of the images. */
const USER = 65_532;
const UNHARMFUL_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const containersOf = (build: Build): Container[] => podsOf(build).flatMap(({ containers }) => containers);
const security = (value: unknown, ...path: string[]): unknown => at(value, 'securityContext', ...path);

/** The profile `restricted` of Kubernetes' Pod Security Standards, point by point. */
export const restricted: Rule = {
  name: 'restricted',
  check: (build) =>
    podsOf(build).flatMap((pod) => [...restrictedPod(pod), ...pod.containers.flatMap(restrictedContainer)]),
};

function restrictedPod({ title, spec, containers }: Pod): string[] {
  const said: string[] = [];
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (at(spec, field) === true) said.push(`${title} has ${field}`);
  const nonRoot = containers.every(
    (one) => (security(one.spec, 'runAsNonRoot') ?? security(spec, 'runAsNonRoot')) === true,
  );
  if (!nonRoot) said.push(`${title} does not say runAsNonRoot`);
  const profile = (value: unknown) => textAt(value, 'securityContext', 'seccompProfile', 'type');
  if (
    !containers.every((one) =>
      ['RuntimeDefault', 'Localhost'].includes(profile(one.spec) ?? profile(spec) ?? ''),
    )
  )
    said.push(`${title} has no seccompProfile RuntimeDefault`);
  for (const volume of listAt(spec, 'volumes')) {
    const kinds = keysAt(volume).filter((key) => key !== 'name');
    for (const kind of kinds.filter((one) => !UNHARMFUL_VOLUMES.includes(one)))
      said.push(`${title} mounts a volume of the kind ${kind}`);
  }
  return said;
}

function restrictedContainer({ title, spec }: Container): string[] {
  const said: string[] = [];
  if (security(spec, 'allowPrivilegeEscalation') !== false) said.push(`${title} allows privilege escalation`);
  if (security(spec, 'privileged') === true) said.push(`${title} is privileged`);
  if (!listAt(spec, 'securityContext', 'capabilities', 'drop').includes('ALL'))
    said.push(`${title} does not drop ALL capabilities`);
  const added = listAt(spec, 'securityContext', 'capabilities', 'add').filter(
    (one) => one !== 'NET_BIND_SERVICE',
  );
  if (added.length > 0) said.push(`${title} adds capabilities`);
  if (listAt(spec, 'ports').some((port) => at(port, 'hostPort') !== undefined))
    said.push(`${title} takes a port of its node`);
  return said;
}

export const nonRootUser: Rule = {
  name: 'non-root-user',
  check: (build) =>
    podsOf(build).flatMap(({ title, spec, containers }) => {
      const users = containers.map((one) => security(one.spec, 'runAsUser') ?? security(spec, 'runAsUser'));
      return users.every((user) => user === USER)
        ? []
        : [`${title} does not run as user ${USER}, the images' own`];
    }),
};

export const readOnlyRoot: Rule = {
  name: 'read-only-root',
  check: (build) =>
    containersOf(build).flatMap(({ title, spec }) =>
      security(spec, 'readOnlyRootFilesystem') === true ? [] : [`${title} can write to its root`],
    ),
};

/** Every workload has an account of its own, which nothing in the pod can use. */
export const noToken: Rule = {
  name: 'no-token',
  check(build) {
    const accounts = new Map(ofKind(build, 'ServiceAccount').map((one) => [one.metadata.name, one]));
    const taken = new Map<string, string>();
    return podsOf(build).flatMap(({ title, spec }) => {
      const name = textAt(spec, 'serviceAccountName') ?? 'default';
      const account = accounts.get(name);
      const other = taken.get(name);
      taken.set(name, title);
      const said: string[] = [];
      if (!account) said.push(`${title} has no service account of this deployment: ${name}`);
      if (other !== undefined) said.push(`${title} shares the service account ${name} with ${other}`);
      const isMounted = at(spec, 'automountServiceAccountToken') !== false;
      if (isMounted || (account && at(account, 'automountServiceAccountToken') !== false))
        said.push(`${title} mounts the token of ${name}`);
      return said;
    });
  },
};

export const resources: Rule = {
  name: 'resources',
  check: (build) =>
    containersOf(build).flatMap(({ title, spec }) => {
      const has = (...path: string[]) => at(spec, 'resources', ...path) !== undefined;
      return [
        ...(has('requests', 'cpu') && has('requests', 'memory')
          ? []
          : [`${title} requests no CPU or no memory`]),
        ...(has('limits', 'memory') ? [] : [`${title} has no limit of memory`]),
        ...(has('limits', 'cpu')
          ? [`${title} has a limit of CPU: a throttled process loses its leases`]
          : []),
      ];
    }),
};

/** Where a node is short of room, the writer stays longest. */
export const priorities: Rule = {
  name: 'priorities',
  check(build) {
    const values = new Map(
      ofKind(build, 'PriorityClass').map((one) => [one.metadata.name, numberAt(one, 'value') ?? 0]),
    );
    const of = (spec: unknown) => values.get(textAt(spec, 'priorityClassName') ?? '');
    const pods = podsOf(build);
    const unknown = pods.filter(({ spec }) => of(spec) === undefined);
    const valuesOf = (matches: (pod: Pod) => boolean) =>
      pods.filter(matches).map(({ spec }) => of(spec) ?? 0);
    const writers = valuesOf(({ title }) => title === 'Deployment/command-service');
    const readers = valuesOf(({ title }) => title === 'Deployment/query-service');
    const projectors = valuesOf(({ labels }) => labels['meridian/role'] === 'projector');
    return [
      ...unknown.map(({ title }) => `${title} has no priority class of this deployment`),
      ...(Math.min(...writers) > Math.max(...readers)
        ? []
        : ['command-service has no higher priority than query-service']),
      ...(Math.min(...readers) > Math.max(...projectors)
        ? []
        : ['query-service has no higher priority than projectors']),
    ];
  },
};

const SPREAD_OVER = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'];

export const topologySpread: Rule = {
  name: 'topology-spread',
  check: (build) =>
    servingPods(build).flatMap(({ title, spec, labels }) => {
      const constraints = listAt(spec, 'topologySpreadConstraints');
      return SPREAD_OVER.flatMap((key) => {
        const found = constraints.find((one) => textAt(one, 'topologyKey') === key);
        if (found === undefined) return [`${title} is not spread over ${key}`];
        const chosen = textsAt(found, 'labelSelector', 'matchLabels');
        const isOwn = Object.keys(chosen).length > 0 && chosenBy(chosen, labels);
        return isOwn ? [] : [`${title} is spread over ${key} by labels that are not its pods'`];
      });
    }),
};
