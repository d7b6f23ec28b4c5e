import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { rootUrl } from './addresses.ts';
import type { EngineState } from './engine-state.ts';
import { emptyState, readState, stateLock, writeState } from './engine-state.ts';
import type { EngineAddresses, EngineName, Environment, OnProgress } from './engine-types.ts';
import { engineNames } from './engine-types.ts';
import type { MissingRequirement } from './errors.ts';
import { EngineRequirementsError } from './errors.ts';
import { withFileLock } from './file-lock.ts';
import { findProgram } from './find-program.ts';
import { workspaceFolder } from './folders.ts';
import { choosePorts } from './ports.ts';
import { runCommand } from './run-command.ts';

const lockTimeoutMs = 30 * 60_000;
const loopback = ['127.0.0.1'];
const usualPorts: Readonly<Record<EngineName, number>> = {
  mysql: 3306,
  kafka: 9092,
  'cassandra-eu-west': 9042,
  'cassandra-us-east': 9043,
};

const composeFile = (): string => join(workspaceFolder(), 'deploy/compose/engines.yaml');

const portVariable = (name: EngineName): string => `MERIDIAN_${name.toUpperCase().replaceAll('-', '_')}_PORT`;

/** The path of `docker`. Throws EngineRequirementsError unless it has Compose and its engine answers. */
export async function findDocker(environment: Environment): Promise<string> {
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
    runCommand(docker, args).then(
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
  if (missing.length > 0) throw new EngineRequirementsError(missing);
  return docker;
}

function composeEnvironment({ docker }: EngineState): NodeJS.ProcessEnv {
  const published: Record<string, string> = {};
  for (const name of engineNames)
    published[portVariable(name)] = String(docker?.ports[name] ?? usualPorts[name]);
  return { ...process.env, ...published, MERIDIAN_COMPOSE_PROJECT: docker?.project };
}

async function compose(
  program: string,
  state: EngineState,
  args: readonly string[],
  onLine?: (line: string) => void,
) {
  const env = composeEnvironment(state);
  await runCommand(program, ['compose', '-f', composeFile(), ...args], { env, onLine });
}

function dockerAddresses(ports: Readonly<Record<string, number>>): EngineAddresses {
  const at = (name: EngineName) => ports[name] ?? usualPorts[name];
  return {
    mysqlUrl: rootUrl('127.0.0.1', at('mysql')),
    kafkaBrokers: [`127.0.0.1:${at('kafka')}`],
    cassandra: {
      'eu-west': `127.0.0.1:${at('cassandra-eu-west')}`,
      'us-east': `127.0.0.1:${at('cassandra-us-east')}`,
    },
  };
}

/**
 * Starts the engines of deploy/compose/engines.yaml and waits until all are healthy. What runs already is left running.
 * The ports are the usual ones, or free ones when those are taken, and stay the same while it runs.
 */
export async function startDocker(
  folder: string,
  environment: Environment,
  onProgress: OnProgress,
): Promise<EngineAddresses> {
  const program = await findDocker(environment);
  mkdirSync(folder, { recursive: true });
  const dataFolder = realpathSync(folder);
  return withFileLock(stateLock(dataFolder), { timeoutMs: lockTimeoutMs }, async () => {
    const before = readState(dataFolder);
    const project = `meridian-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 8)}`;
    const wishes = engineNames.map(
      (name) => [name, { preferred: usualPorts[name], hosts: loopback }] as const,
    );
    const ports = before?.docker?.ports ?? (await choosePorts(Object.fromEntries(wishes)));
    const state: EngineState = {
      ...emptyState('docker'),
      engines: before?.engines ?? {},
      docker: { project, ports },
    };
    writeState(dataFolder, state);
    await compose(program, state, ['up', '-d', '--wait'], (line) => {
      onProgress({ engine: 'mysql', step: 'start', message: line });
    });
    return dockerAddresses(ports);
  });
}

/** Stops the containers of a state; their volumes stay. */
export async function stopDocker(state: EngineState): Promise<void> {
  if (state.docker === undefined) return;
  const program = await findDocker(process.env);
  await compose(program, state, ['down']);
}
