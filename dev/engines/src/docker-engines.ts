import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { rootUrl } from './addresses.ts';
import { dockerProgress } from './docker-progress.ts';
import type { EngineState } from './engine-state.ts';
import { emptyState, readState, stateLock, writeState } from './engine-state.ts';
import type { EngineAddresses, EngineName, Environment, OnProgress } from './engine-types.ts';
import { isEngineName } from './engine-types.ts';
import type { MissingRequirement } from './errors.ts';
import { EngineRequirementsError } from './errors.ts';
import { withFileLock } from './file-lock.ts';
import { findProgram } from './find-program.ts';
import { workspaceFolder } from './folders.ts';
import { choosePorts } from './ports.ts';
import { runCommand, type RunOptions } from './run-command.ts';

const lockTimeoutMs = 30 * 60_000;
const loopback = ['127.0.0.1'];
/** Docker runs one Cassandra node per region. */
const dockerEngines = ['mysql', 'kafka', 'cassandra-eu-west', 'cassandra-us-east'] as const;
type DockerEngine = (typeof dockerEngines)[number];
const usualPorts: Readonly<Record<DockerEngine, number>> = {
  mysql: 3306,
  kafka: 9092,
  'cassandra-eu-west': 9042,
  'cassandra-us-east': 9043,
};

const composeFile = (): string => join(workspaceFolder(), 'deploy/compose/engines.yaml');

const portVariable = (name: EngineName): string => `MERIDIAN_${name.toUpperCase().replaceAll('-', '_')}_PORT`;

/** The path of `docker`. Throws EngineRequirementsError unless it has Compose and its engine answers. */
export async function findDocker(environment: Environment, signal?: AbortSignal): Promise<string> {
  const docker = findProgram('docker', environment);
  const missing: MissingRequirement[] = [];
  if (docker === undefined) {
    missing.push({
      what: 'docker',
      howToGet: 'install Docker Engine, or start the engines without --engines docker',
    });
    throw new EngineRequirementsError(missing);
  }
  const works = (...args: string[]) =>
    runCommand(docker, args, { signal }).then(
      () => true,
      () => false,
    );
  if (!(await works('compose', 'version'))) {
    missing.push({ what: 'Docker Compose', howToGet: 'install the plugin docker-compose-plugin' });
  }
  if (!(await works('info'))) {
    missing.push({
      what: 'a running Docker engine',
      howToGet:
        'start it (systemctl start docker, or Docker Desktop), or start the engines without --engines docker',
    });
  }
  signal?.throwIfAborted();
  if (missing.length > 0) throw new EngineRequirementsError(missing);
  return docker;
}

function composeEnvironment({ docker }: EngineState): NodeJS.ProcessEnv {
  const published: Record<string, string> = {};
  for (const name of dockerEngines)
    published[portVariable(name)] = String(docker?.ports[name] ?? usualPorts[name]);
  return { ...process.env, ...published, MERIDIAN_COMPOSE_PROJECT: docker?.project };
}

async function compose(
  program: string,
  state: EngineState,
  args: readonly string[],
  options: Pick<RunOptions, 'onLine' | 'signal'> = {},
): Promise<string> {
  const env = composeEnvironment(state);
  return runCommand(program, ['compose', '-f', composeFile(), ...args], { ...options, env });
}

/** The engines with a running container. */
async function runningEngines(
  program: string,
  state: EngineState,
  signal?: AbortSignal,
): Promise<readonly EngineName[]> {
  const services = await compose(program, state, ['ps', '--services'], { signal });
  return services
    .split('\n')
    .map((line) => line.trim())
    .filter(isEngineName);
}

/**
 * A running container keeps its port. The others get their last ports, else the usual ports, else free ports near
 * these.
 */
async function portsFor(
  running: readonly EngineName[],
  had: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  const kept = running.flatMap((name) => (had[name] === undefined ? [] : [[name, had[name]] as const]));
  const isKept = new Set<string>(kept.map(([name]) => name));
  const wishes = dockerEngines
    .filter((name) => !isKept.has(name))
    .map((name) => [name, { preferred: had[name] ?? usualPorts[name], hosts: loopback }] as const);
  return { ...(await choosePorts(Object.fromEntries(wishes))), ...Object.fromEntries(kept) };
}

function dockerAddresses(ports: Readonly<Record<string, number>>): EngineAddresses {
  const at = (name: DockerEngine) => ports[name] ?? usualPorts[name];
  return {
    mysqlUrl: rootUrl('127.0.0.1', at('mysql')),
    kafkaBrokers: [`127.0.0.1:${at('kafka')}`],
    cassandra: {
      'eu-west': `127.0.0.1:${at('cassandra-eu-west')}`,
      'us-east': `127.0.0.1:${at('cassandra-us-east')}`,
    },
  };
}

/** Options of a start with Docker. */
export interface DockerStart {
  readonly environment: Environment;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Starts the engines of deploy/compose/engines.yaml and waits until all are healthy. Running containers keep running.
 * The ports are those of the last start, else the usual ports, else free ports where another program has taken these.
 * When the start fails or is aborted, the containers that it started are stopped again.
 */
export async function startDocker(
  folder: string,
  { environment, onProgress, signal }: DockerStart,
): Promise<{ readonly addresses: EngineAddresses; readonly reused: readonly EngineName[] }> {
  const program = await findDocker(environment, signal);
  mkdirSync(folder, { recursive: true });
  const dataFolder = realpathSync(folder);
  return withFileLock(stateLock(dataFolder), { timeoutMs: lockTimeoutMs, signal }, async () => {
    const before = readState(dataFolder);
    const project = `meridian-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 8)}`;
    const had = before?.docker?.ports ?? {};
    const stateWith = (ports: Readonly<Record<string, number>>): EngineState => ({
      ...emptyState('docker'),
      engines: before?.engines ?? {},
      docker: { project, ports },
    });
    const reused = await runningEngines(program, stateWith(had), signal);
    const ports = await portsFor(reused, had);
    const state = stateWith(ports);
    writeState(dataFolder, state);
    try {
      await compose(program, state, ['up', '-d', '--wait'], { onLine: dockerProgress(onProgress), signal });
    } catch (error) {
      const started = dockerEngines.filter((name) => !reused.includes(name));
      // The first error is the one to report.
      if (started.length > 0) await compose(program, state, ['stop', ...started]).catch(() => undefined);
      throw error;
    }
    return { addresses: dockerAddresses(ports), reused };
  });
}

/** Stops the containers of a state; their volumes stay. */
export async function stopDocker(state: EngineState): Promise<void> {
  if (state.docker === undefined) return;
  const program = await findDocker(process.env);
  await compose(program, state, ['down']);
}
