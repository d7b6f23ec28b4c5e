import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailedError } from '@meridian/engines';
import { build, buildFolder } from '../build.ts';
import { OVERLAYS } from '../combinations.ts';
import { numberAt, ofKind, parseManifests, type Build, type Manifest } from '../model/manifest.ts';
import { WITHOUT_SCHEMA } from '../toolchain/pins.ts';
import { startControlPlane } from './control-plane.ts';
import { kubectlOf, type Kubectl } from './kubectl.ts';
import { podsWanted, unscheduled, zonesOf } from './pods.ts';

/** One thing that was tried, and what was wrong with it. */
export interface Checked {
  readonly title: string;
  readonly problems: readonly string[];
}

/** What the check is done with. */
export interface ApiServerOptions {
  readonly kustomize: string;
  /** Files with the definitions of custom resources. */
  readonly definitions: readonly string[];
  /** A folder with etcd and Kubernetes' own programs; undefined: the API server that KUBECONFIG names. */
  readonly programs: string | undefined;
}

const NAMESPACE = 'meridian';
/** Without an autoscaler Deployments have the replicas that are written down. */
const APPLIED = ['monitoring', 'gateway', 'external-secrets', 'hooks-argocd'];
/** These are only shown to the API server, which carries out its validation and writes nothing. */
const SHOWN = [
  ['autoscaling-keda', 'monitoring', 'gateway', 'external-secrets', 'hooks-argocd'],
  ['autoscaling-hpa', 'hooks-helm'],
];
const ENGINES = ['kafka', 'cassandra', 'mysql'].map((name) => `engines/${name}`);
/** Pods that are spread are in so many. */
const ZONES = 3;
const WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 500;

/**
 * Applies every overlay to a real API server and waits until each of its pods has a node. It also shows the server the
 * autoscalers and the engines' resources. Removes everything afterwards. On a cluster of KUBECONFIG the namespace must
 * not be there before.
 */
export async function onApiServer(options: ApiServerOptions): Promise<Checked[]> {
  const own = options.programs === undefined ? undefined : await startControlPlane(options.programs);
  try {
    const kubectl = own?.kubectl ?? kubectlOf(named(process.env.KUBECONFIG));
    await refuseNamespace(kubectl);
    await kubectl.applied(definitionsIn(options.definitions), 'apply', '--server-side');
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    const made: Checked[] = [];
    for (const overlay of OVERLAYS) made.push(...(await checkOverlay(kubectl, options.kustomize, overlay)));
    return made;
  } finally {
    await own?.stop();
  }
}

function named(kubeconfig: string | undefined): string {
  if (kubeconfig) return kubeconfig;
  throw new Error(
    'name a folder with etcd, kube-apiserver, kube-controller-manager and kube-scheduler (--api-server FOLDER), or a cluster by KUBECONFIG',
  );
}

async function refuseNamespace(kubectl: Kubectl): Promise<void> {
  const found = await kubectl('get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name');
  if (found !== '')
    throw new Error(`the cluster has a namespace ${NAMESPACE}, which this check would remove`);
}

function definitionsIn(files: readonly string[]): Manifest[] {
  return files
    .flatMap((file) => parseManifests(readFileSync(file, 'utf8')))
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
}

async function checkOverlay(kubectl: Kubectl, kustomize: string, overlay: string): Promise<Checked[]> {
  const applied = await build(kustomize, { overlay, components: APPLIED });
  try {
    const shown = [
      ...(await Promise.all(SHOWN.map((components) => build(kustomize, { overlay, components })))),
      ...(await Promise.all(ENGINES.map((folder) => buildFolder(kustomize, folder)))),
    ];
    return [
      await test(`the API server takes ${applied.name}`, () => apply(kubectl, applied)),
      await test(`every pod of ${applied.name} has a node`, () => scheduled(kubectl, applied)),
      ...(await Promise.all(
        shown.map((one) =>
          test(`the API server would take ${one.name}, beside ${overlay}`, () => dryRun(kubectl, one)),
        ),
      )),
    ];
  } finally {
    await remove(kubectl, applied);
  }
}

async function test(title: string, run: () => Promise<readonly string[] | void>): Promise<Checked> {
  try {
    return { title, problems: (await run()) ?? [] };
  } catch (error) {
    if (error instanceof CommandFailedError) return { title, problems: error.message.split('\n') };
    throw error;
  }
}

async function apply(kubectl: Kubectl, { manifests }: Build): Promise<void> {
  const isFirst = ({ kind }: Manifest) => kind === 'Namespace' || kind === 'PriorityClass';
  await kubectl.applied(manifests.filter(isFirst), 'apply', '--server-side');
  await kubectl.applied(
    manifests.filter((one) => !isFirst(one)),
    'apply',
    '--server-side',
  );
}

async function dryRun(kubectl: Kubectl, { manifests }: Build): Promise<void> {
  const known = manifests.filter(
    ({ apiVersion, kind }) => WITHOUT_SCHEMA[`${apiVersion} ${kind}`] === undefined,
  );
  // The engines are in a namespace of their own, which a dry run does not make.
  const placed = known.map((one) =>
    one.metadata.namespace === undefined
      ? one
      : { ...one, metadata: { ...one.metadata, namespace: NAMESPACE } },
  );
  if (placed.length > 0)
    await kubectl.applied(placed, 'apply', '--server-side', '--dry-run=server', '--force-conflicts');
}

async function scheduled(kubectl: Kubectl, build: Build): Promise<readonly string[]> {
  const read = async (...what: readonly string[]): Promise<unknown> =>
    JSON.parse(await kubectl('get', ...what, '-o', 'json'));
  const wanted = podsWanted(build);
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const pods = await read('pods', '-n', NAMESPACE);
    const problems = unscheduled(pods, wanted);
    if (problems.length > 0 && performance.now() < deadlineMs) {
      await pause(LOOK_EVERY_MS);
      continue;
    }
    const spreads = ofKind(build, 'Deployment').some(
      (one) => (numberAt(one, 'spec', 'replicas') ?? 1) >= ZONES,
    );
    const zones = zonesOf(pods, await read('nodes'));
    console.log(`  ${build.name}: ${wanted} pods, in ${zones} zones`);
    return spreads && zones < ZONES ? [...problems, `pods are in ${zones} zones`] : problems;
  }
}

/** Pods on nodes without a kubelet end only when they are made to. */
async function remove(kubectl: Kubectl, { manifests }: Build): Promise<void> {
  await kubectl.applied(manifests, 'delete', '--ignore-not-found', '--wait=false');
  const deadlineMs = performance.now() + WITHIN_MS;
  while ((await kubectl('get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name')) !== '') {
    if (performance.now() > deadlineMs) throw new Error(`the namespace ${NAMESPACE} does not go away`);
    await kubectl('delete', 'pods', '--all', '-n', NAMESPACE, '--grace-period=0', '--force').catch(
      () => undefined,
    );
    await pause(LOOK_EVERY_MS);
  }
}
