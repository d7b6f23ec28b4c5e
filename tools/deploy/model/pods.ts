import { at, listAt, ofKind, textAt, textsAt, titleOf, type Build, type Manifest } from './manifest.ts';

/** The template of the pods that a workload makes. */
export interface Pod {
  readonly owner: Manifest;
  /** `Kind/name` of the owner. */
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: unknown;
  /** Its containers, those that run first too. */
  readonly containers: readonly Container[];
}

export interface Container {
  /** `Kind/name/container`. */
  readonly title: string;
  readonly spec: unknown;
}

/** All templates of pods. */
export function podsOf(build: Build): Pod[] {
  return ofKind(build, 'Deployment', 'StatefulSet', 'DaemonSet', 'Job').map((owner) => {
    const spec = at(owner, 'spec', 'template', 'spec');
    const title = titleOf(owner);
    const containers = ['initContainers', 'containers'].flatMap((list) => listAt(spec, list));
    return {
      owner,
      title,
      labels: textsAt(owner, 'spec', 'template', 'metadata', 'labels'),
      spec,
      containers: containers.map((one) => ({ title: `${title}/${textAt(one, 'name') ?? '?'}`, spec: one })),
    };
  });
}

/** The templates that stay: those of Deployments. */
export function servingPods(build: Build): Pod[] {
  return podsOf(build).filter(({ owner }) => owner.kind === 'Deployment');
}

/** What a container's process finds in its environment, and the names whose values are a Secret's. */
export interface ProcessEnvironment {
  readonly values: Readonly<Record<string, string>>;
  readonly secret: readonly string[];
  /** ConfigMaps that are named and not there. */
  readonly missing: readonly string[];
  /** ConfigMaps that are read. */
  readonly configMaps: readonly string[];
}

export function environmentOf(build: Build, { spec }: Container): ProcessEnvironment {
  const maps = new Map(ofKind(build, 'ConfigMap').map((map) => [map.metadata.name, textsAt(map, 'data')]));
  const named = listAt(spec, 'envFrom').flatMap((source) => textAt(source, 'configMapRef', 'name') ?? []);
  const single = listAt(spec, 'env');
  const byKey = single.flatMap((one) => textAt(one, 'valueFrom', 'configMapKeyRef', 'name') ?? []);
  const values: Record<string, string> = {};
  for (const name of named) Object.assign(values, maps.get(name));
  const secret: string[] = [];
  for (const one of single) {
    const name = textAt(one, 'name') ?? '';
    const value = textAt(one, 'value');
    if (value !== undefined) values[name] = value;
    else if (at(one, 'valueFrom', 'secretKeyRef') !== undefined) secret.push(name);
  }
  const configMaps = [...named, ...byKey];
  return { values, secret, missing: configMaps.filter((name) => !maps.has(name)), configMaps };
}

/** The keys of Secrets that a pod reads, into its environment or as files. */
export function readSecrets({ spec, containers }: Pod): { readonly name: string; readonly key: string }[] {
  const inEnvironment = containers
    .flatMap((one) => listAt(one.spec, 'env'))
    .flatMap((one) => at(one, 'valueFrom', 'secretKeyRef') ?? [])
    .map((one) => ({ name: textAt(one, 'name') ?? '?', key: textAt(one, 'key') ?? '?' }));
  const inFiles = listAt(spec, 'volumes')
    .flatMap((one) => at(one, 'secret') ?? [])
    .flatMap((secret) =>
      listAt(secret, 'items').map((item) => ({
        name: textAt(secret, 'secretName') ?? '?',
        key: textAt(item, 'key') ?? '?',
      })),
    );
  return [...inEnvironment, ...inFiles];
}

/** The ports of a pod by their names. */
export function portsOf(pod: Pod): ReadonlyMap<string, number> {
  const ports = pod.containers.flatMap(({ spec }) => listAt(spec, 'ports'));
  return new Map(
    ports.flatMap((port): [string, number][] => {
      const number = at(port, 'containerPort');
      return typeof number === 'number' ? [[textAt(port, 'name') ?? String(number), number]] : [];
    }),
  );
}

/** The service that a pod runs, by the folder names of apps/: the last word of its image. */
export function serviceOf(pod: Pod): string | undefined {
  const image = textAt(pod.containers.at(-1)?.spec, 'image');
  return image
    ?.replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .split('/')
    .at(-1);
}
