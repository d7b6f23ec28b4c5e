import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { choosePorts, findProgram } from '@meridian/engines';
import { stringify } from 'yaml';
import { workspaceRoot } from '../../shell/workspace.ts';
import { kubectlOf, type Kubectl } from './kubectl.ts';

/** An API server that was started for a check, with what schedules pods and keeps Deployments. No container runs there. */
export interface ControlPlane {
  readonly kubectl: Kubectl;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 250;
/** What makes pods of what is applied, and removes them again. Nobody marks nodes without a kubelet as lost. */
const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'job-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'disruption-controller',
  'endpointslice-controller',
];
const ZONES = ['a', 'b', 'c'];
const NODES_IN_A_ZONE = 2;

/** Starts etcd and Kubernetes' own programs from a folder; etcd may also be on PATH. Rejects, naming the program that is missing. */
export async function startControlPlane(folder: string): Promise<ControlPlane> {
  const program = programsIn(folder);
  const scratch = join(workspaceRoot, '.meridian/deploy/control-plane');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const ports = await choosePorts({
    etcd: { preferred: 23_790, hosts: [HOST] },
    peers: { preferred: 23_800, hosts: [HOST] },
    api: { preferred: 26_443, hosts: [HOST] },
    controllers: { preferred: 26_257, hosts: [HOST] },
    scheduler: { preferred: 26_259, hosts: [HOST] },
  });
  const kubeconfig = writeAccess(scratch, ports.api);
  const started: ChildProcess[] = [];
  const start = (name: string, args: readonly string[]) =>
    started.push(launch(scratch, name, program(name), args));
  const stop = async () => {
    await Promise.all(started.toReversed().map(ended));
    rmSync(scratch, { recursive: true, force: true });
  };
  endWithProcess(started);
  try {
    const store = `http://${HOST}:${ports.etcd}`;
    start('etcd', etcdArgs(scratch, store, `http://${HOST}:${ports.peers}`));
    start('kube-apiserver', apiServerArgs(scratch, store, ports.api));
    const kubectl = kubectlOf(kubeconfig);
    await whenReady(kubectl, started, scratch);
    const common = [`--kubeconfig=${kubeconfig}`, `--bind-address=${HOST}`, '--leader-elect=false'];
    start('kube-controller-manager', [
      ...common,
      `--secure-port=${ports.controllers}`,
      `--controllers=${CONTROLLERS.join(',')}`,
    ]);
    start('kube-scheduler', [...common, `--secure-port=${ports.scheduler}`]);
    await addNodes(kubectl);
    return { kubectl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whatever ends this process, what it started ends with it; but for SIGKILL. */
function endWithProcess(started: readonly ChildProcess[]): void {
  process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}

function programsIn(folder: string): (name: string) => string {
  return (name) => {
    const own = join(resolve(folder), name);
    const found = existsSync(own) ? own : name === 'etcd' ? findProgram(name, process.env) : undefined;
    if (found === undefined) throw new Error(`there is no ${name} in ${folder}`);
    return found;
  };
}

/** Writes the token of the one user, the key that signs the tokens of service accounts, and what kubectl is told. */
function writeAccess(scratch: string, port: number): string {
  const token = randomBytes(16).toString('hex');
  writeFileSync(join(scratch, 'tokens.csv'), `${token},check,check,system:masters\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(scratch, 'accounts.key'), pem, { mode: 0o600 });
  const kubeconfig = join(scratch, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'check', cluster: { server: `https://${HOST}:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'check', user: { token } }],
    contexts: [{ name: 'check', context: { cluster: 'check', user: 'check' } }],
    'current-context': 'check',
  };
  writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
  return kubeconfig;
}

const etcdArgs = (scratch: string, store: string, peers: string): readonly string[] => [
  `--data-dir=${join(scratch, 'etcd')}`,
  `--listen-client-urls=${store}`,
  `--advertise-client-urls=${store}`,
  `--listen-peer-urls=${peers}`,
  `--initial-advertise-peer-urls=${peers}`,
  `--initial-cluster=default=${peers}`,
];

const apiServerArgs = (scratch: string, store: string, port: number): readonly string[] => [
  `--etcd-servers=${store}`,
  `--secure-port=${port}`,
  `--bind-address=${HOST}`,
  `--cert-dir=${join(scratch, 'certificates')}`,
  `--service-account-key-file=${join(scratch, 'accounts.key')}`,
  `--service-account-signing-key-file=${join(scratch, 'accounts.key')}`,
  '--service-account-issuer=https://meridian.test',
  `--token-auth-file=${join(scratch, 'tokens.csv')}`,
  '--authorization-mode=RBAC',
  '--service-cluster-ip-range=10.0.0.0/16',
];

function launch(scratch: string, name: string, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(scratch, `${name}.log`), 'a');
  try {
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    child.on('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

async function whenReady(kubectl: Kubectl, started: readonly ChildProcess[], scratch: string): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (
    !(await kubectl('get', '--raw', '/readyz').then(
      () => true,
      () => false,
    ))
  ) {
    const dead = started.some(({ exitCode }) => exitCode !== null);
    if (dead || performance.now() > deadlineMs)
      throw new Error(`the API server did not come up; its logs were in ${scratch}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Nodes without a kubelet, in three zones: the scheduler places pods on them, and nothing runs. */
async function addNodes(kubectl: Kubectl): Promise<void> {
  const size = { cpu: '16', memory: '64Gi', pods: '110' };
  const names = ZONES.flatMap((zone) =>
    Array.from({ length: NODES_IN_A_ZONE }, (_, index) => ({ zone, name: `node-${zone}${index + 1}` })),
  );
  const nodes = names.map(({ zone, name }) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `zone-${zone}`,
      },
    },
    status: {
      capacity: size,
      allocatable: size,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Check', message: 'no kubelet' }],
    },
  }));
  await kubectl.applied(nodes, 'create', '--validate=false');
  for (const { name } of names)
    await kubectl('taint', 'node', name, 'node.kubernetes.io/not-ready:NoSchedule-').catch(() => undefined);
}
