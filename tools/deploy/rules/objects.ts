import { at, chosenBy, listAt, ofKind, textAt, textsAt, titleOf } from '../model/manifest.ts';
import { environmentOf, podsOf, readSecrets, serviceOf, servingPods } from '../model/pods.ts';
import type { Rule } from './rule.ts';

const NAMESPACE = 'meridian';
/** Kinds that are in no namespace. */
const CLUSTER_WIDE = ['Namespace', 'PriorityClass'];
const HASHED = /-[a-z0-9]{10}$/;
/** Names of what must stay secret. */
const SECRET = /(_KEY|_PASSWORD|_SECRET|MYSQL_URL)$/;

const selectorOf = (owner: unknown) => textsAt(owner, 'spec', 'selector', 'matchLabels');

/** What is chosen by labels is there, and is nobody else's. */
export const selectors: Rule = {
  name: 'selectors',
  check(build) {
    const pods = servingPods(build);
    const said = pods.flatMap((pod) => {
      const chosen = selectorOf(pod.owner);
      const all = pods.filter(({ labels }) => chosenBy(chosen, labels));
      if (Object.keys(chosen).length === 0 || !all.includes(pod))
        return [`${pod.title} does not select its own pods`];
      return all.length > 1 ? [`${pod.title} selects the pods of others too`] : [];
    });
    for (const service of ofKind(build, 'Service')) {
      const chosen = textsAt(service, 'spec', 'selector');
      const count =
        Object.keys(chosen).length === 0 ? 0 : pods.filter(({ labels }) => chosenBy(chosen, labels)).length;
      if (count !== 1) said.push(`${titleOf(service)} selects ${count} workloads and not one`);
    }
    return said;
  },
};

/** One address for all pods would bind each long-lived connection to one pod. */
export const headless: Rule = {
  name: 'headless',
  check: (build) =>
    ofKind(build, 'Service').flatMap((service) =>
      textAt(service, 'spec', 'clusterIP') === 'None' ? [] : [`${titleOf(service)} is not headless`],
    ),
};

/** Images are this product's, and say exactly which. */
export const images: Rule = {
  name: 'images',
  check: (build, product) =>
    podsOf(build).flatMap((pod) =>
      pod.containers.flatMap(({ title, spec }) => {
        const image = textAt(spec, 'image') ?? '';
        const [, digest] = image.split('@');
        const tag = /:([^/:@]+)(@|$)/.exec(image)?.[1];
        const isPinned =
          digest === undefined ? tag === product.version : /^sha256:[0-9a-f]{64}$/.test(digest);
        const service = serviceOf(pod) ?? '';
        return [
          ...(isPinned ? [] : [`${title} runs ${image}, which is neither ${product.version} nor a digest`]),
          ...(product.images.includes(service) ? [] : [`${title} runs ${image}, which no app is`]),
        ];
      }),
    ),
};

/** Operators run the one, and the other feeds on one machine what each projector feeds here. */
const NEVER_DEPLOYED = ['cli', 'projector-all'];

/** Where orders are taken, every service runs. A region that only reads has no migrations, and query-service alone. */
export const everyService: Rule = {
  name: 'every-service',
  check(build, product) {
    if (ofKind(build, 'Job').length === 0) return [];
    const deployed = [...NEVER_DEPLOYED, ...servingPods(build).map(serviceOf)];
    return product.images
      .filter((service) => !deployed.includes(service))
      .map((service) => `Deployment/${service} is not there, and apps/ has this service`);
  },
};

/** A password in a URL, a private key, or 32 bytes in base64. */
const looksSecret = (value: string): boolean =>
  /\/\/[^/@]*:[^/@]+@|PRIVATE KEY-----|^[A-Za-z0-9+/]{43}=$/.test(value);

export const secretsByReference: Rule = {
  name: 'secrets-by-reference',
  check(build) {
    const said = ofKind(build, 'Secret').map((one) => `${titleOf(one)} is a secret in the clear`);
    for (const map of ofKind(build, 'ConfigMap'))
      for (const name of Object.keys(textsAt(map, 'data')).filter((one) => SECRET.test(one)))
        said.push(`${titleOf(map)} holds ${name}`);
    for (const { containers } of podsOf(build))
      for (const { title, spec } of containers)
        for (const one of listAt(spec, 'env'))
          if (SECRET.test(textAt(one, 'name') ?? '') && at(one, 'valueFrom', 'secretKeyRef') === undefined)
            said.push(`${title} is given ${textAt(one, 'name') ?? ''} and not by reference`);
    // Whatever it is called.
    for (const { containers } of podsOf(build))
      for (const container of containers)
        for (const [name, value] of Object.entries(environmentOf(build, container).values))
          if (looksSecret(value)) said.push(`${container.title} has a secret in the value of ${name}`);
    return said;
  },
};

/** Where secrets come out of a store, all do that a pod reads. Certificates are made in the cluster. */
export const fetchedSecrets: Rule = {
  name: 'fetched-secrets',
  check(build) {
    const fetched = new Map(
      ofKind(build, 'ExternalSecret').map((one) => [
        textAt(one, 'spec', 'target', 'name'),
        listAt(one, 'spec', 'data').map((item) => textAt(item, 'secretKey')),
      ]),
    );
    if (fetched.size === 0) return [];
    return podsOf(build).flatMap((pod) =>
      readSecrets(pod)
        .filter(({ name, key }) => !name.endsWith('-tls') && fetched.get(name)?.includes(key) !== true)
        .map(({ name, key }) => `${pod.title} reads ${key} of ${name}, which nothing fetches`),
    );
  },
};

/** A pod is replaced when what it is told changes: the name of what it reads changes with the content. */
export const contentHashes: Rule = {
  name: 'content-hashes',
  check: (build) =>
    podsOf(build).flatMap(({ containers }) =>
      containers.flatMap((container) => {
        const { missing, configMaps } = environmentOf(build, container);
        return [
          ...missing.map((name) => `${container.title} reads the ConfigMap ${name}, which is not there`),
          ...configMaps
            .filter((name) => !HASHED.test(name))
            .map((name) => `${container.title} reads ${name}, whose name has no hash`),
        ];
      }),
    ),
};

/** Workloads carry the version that they run. */
const VERSIONED = ['Deployment', 'Job'];

export const names: Rule = {
  name: 'names',
  check: (build, product) =>
    build.manifests.flatMap((one) => {
      const title = titleOf(one);
      const label = (name: string) => one.metadata.labels[`app.kubernetes.io/${name}`];
      const isOfVersion = !VERSIONED.includes(one.kind) || label('version') === product.version;
      const isPlaced = CLUSTER_WIDE.includes(one.kind) || one.metadata.namespace === NAMESPACE;
      return [
        ...(label('part-of') === 'meridian' ? [] : [`${title} has no label part-of`]),
        ...(isOfVersion ? [] : [`${title} has another version than ${product.version}`]),
        ...(isPlaced ? [] : [`${title} is not in the namespace ${NAMESPACE}`]),
      ];
    }),
};

/** The API server itself refuses a pod that is less than restricted. */
export const guardedNamespace: Rule = {
  name: 'guarded-namespace',
  check(build) {
    const enforced = ofKind(build, 'Namespace').filter(
      (one) => one.metadata.labels['pod-security.kubernetes.io/enforce'] === 'restricted',
    );
    return enforced.length === 1 ? [] : ['Namespace/meridian does not enforce restricted pods'];
  },
};

/** What a service is told is what it reads, and it accepts the values. */
export const settings: Rule = {
  name: 'settings',
  check: (build, product) =>
    podsOf(build).flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const service = serviceOf(pod) ?? '';
        const { values, secret } = environmentOf(build, container);
        // A service reads a value out of the file that is named, where it has no use for the name itself.
        const told = Object.entries(values).map(([name, value]): [string, string] => {
          const filed = name.replace(/_FILE$/, '');
          const isFiled = filed !== name && product.exampleOf(filed) !== '' && product.reads(service, filed);
          return isFiled ? [filed, product.exampleOf(filed)] : [name, value];
        });
        const secrets = secret.map((name): [string, string] => [name, product.exampleOf(name)]);
        const given = Object.fromEntries([...told, ...secrets]);
        return product.problemsOf(service, given).map((problem) => `${container.title} is told ${problem}`);
      }),
    ),
};
