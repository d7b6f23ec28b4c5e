import { rmSync } from 'node:fs';
import path from 'node:path';
import {
  cacheFolder,
  isAlive,
  areClosed,
  namedEngines,
  rememberFolder,
  startEngines,
  withFileLock,
  workspaceFolder,
  type EngineMode,
  type OnProgress,
  type RunningEngines,
  type Secrets,
} from '@meridian/engines';
import { kafkaAccounts, serviceAccounts } from './closed/accounts.ts';
import { closePlan, type ClosedStack } from './closed/closed-environment.ts';
import { prepareClosed } from './closed/prepare-closed.ts';
import { stackSecrets } from './closed/stack-secrets.ts';
import { devKeysOf } from './dev-keys.ts';
import { portsOfOtherStacks } from './held-ports.ts';
import { prepare } from './prepare.ts';
import { runningStack, type RunningStack } from './running-stack.ts';
import { planServices, type ProjectorArrangement } from './service-plan.ts';
import { READY_TIMEOUT_MS, spawnMain } from './service-process.ts';
import { namesFromEnvironment, stackNames, type StackNames } from './stack-names.ts';
import {
  changeStackState,
  readStackState,
  writeEnvironmentFiles,
  writeStackState,
  type StackState,
} from './stack-state.ts';
import { startMissing, type StartWatcher } from './start-missing.ts';
import { stopServices } from './stop-stack.ts';
import { SUPERVISOR } from './supervise.ts';
import { aliveProcessOf, partlyRuns, readSupervisorState, supervisorFileOf } from './supervisor-state.ts';

/** How a stack is started. */
export interface StartStackOptions extends StartWatcher {
  /** Where the stack keeps state, logs, keys and the engines' data; `.meridian` of the workspace by default. */
  readonly folder?: string;
  readonly engines?: EngineMode;
  /**
   * Cassandra nodes per region, 1 to 3; by default as many as the folder has, else one. Another number than the folder has
   * is refused with ClusterSizeError. In mode `local` only.
   */
  readonly nodesPerRegion?: number;
  /**
   * Milliseconds between the regions, there and back; by default what was last wanted for the folder, else none. Data that
   * was made without a distance refuses one with DistanceError. In mode `local` only, and not for closed stacks.
   */
  readonly distanceMs?: number;
  /** By default: on external engines the names of the environment, else the usual names. */
  readonly names?: StackNames;
  /**
   * All projectors in one process, the default, or each in its own. A stack with the other arrangement is stopped and
   * started again.
   */
  readonly projectors?: ProjectorArrangement;
  /**
   * Closed: engines have TLS and accounts, and services ask every caller for a token or a certificate. Each projector
   * is a process with an account of its own. A folder is open or closed for good: a closed folder stays closed when
   * this is left out. In mode `local` only.
   */
  readonly secure?: boolean;
  /** Variables for every service, such as MERIDIAN_TRACES. */
  readonly serviceEnvironment?: Readonly<Record<string, string>>;
  readonly onEngineProgress?: OnProgress;
  /**
   * Lets a separate process, the supervisor, restart services that end unasked, and rotate their logs, until the stack
   * is stopped. Without a supervisor the caller is in control.
   */
  readonly supervise?: boolean;
}

/** The folder of a stack by default: MERIDIAN_STACK_FOLDER, else `.meridian` of the workspace. */
export function defaultStackFolder(): string {
  return process.env.MERIDIAN_STACK_FOLDER || path.join(workspaceFolder(), '.meridian');
}

/**
 * Starts engines and services and resolves when all are ready, or wait for an operator. Processes that still run from an earlier start of the
 * same folder are reused. Only the missing ones are started, on their last ports. Rejects with the error of what did
 * not come up. Then the services that it started are stopped again, and the engines too unless they ran before.
 */
export async function startStack(options: StartStackOptions = {}): Promise<RunningStack> {
  const { folder = defaultStackFolder(), engines: mode = 'local', onEngineProgress, signal } = options;
  const dataFolder = path.join(folder, 'engines');
  const isClosed = options.secure === true || (mode === 'local' && areClosed(dataFolder));
  const secrets = isClosed ? await stackSecrets(folder) : undefined;
  const engines = await startEngines({
    mode,
    dataFolder,
    ...shapeOf(options),
    ...(secrets ? { closed: { kafkaAccounts: kafkaAccounts(secrets) } } : {}),
    ...(onEngineProgress ? { onProgress: onEngineProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  try {
    const stack = await startServices(folder, engines, options, secrets);
    if (options.supervise) ensureSupervisor(folder);
    return stack;
  } catch (error) {
    if (engines.reused.length === 0) {
      await stopServices(folder);
      await engines.stop();
    }
    throw error;
  }
}

type Shape = Pick<StartStackOptions, 'nodesPerRegion' | 'distanceMs'>;

const shapeOf = ({ nodesPerRegion, distanceMs }: Shape): Shape => {
  const size = nodesPerRegion === undefined ? {} : { nodesPerRegion };
  return distanceMs === undefined ? size : { ...size, distanceMs };
};

/** Starts the folder's supervisor, unless one runs; to be called once all services are up. */
function ensureSupervisor(folder: string): void {
  const known = readStackState(folder)?.supervisor;
  if (known && isAlive(known)) return;
  const main = { name: SUPERVISOR, main: 'dev/local-stack/src/supervisor-main.ts', environment: {} };
  const supervisor = spawnMain(folder, main, [folder]);
  changeStackState(folder, (state) => {
    state.supervisor = supervisor;
    const restarted = readSupervisorState(folder);
    // A service that runs outside of the stack, on its port, is not the supervisor's.
    for (const service of state.services)
      service.supervised = aliveProcessOf(service, restarted) !== undefined;
  });
}

/**
 * Starts the engines of a folder without services, for repairs of the data. The folder's record of the addresses is
 * updated.
 */
export async function startStackEngines(
  options: Pick<
    StartStackOptions,
    'folder' | 'engines' | 'nodesPerRegion' | 'distanceMs' | 'onEngineProgress' | 'signal'
  > = {},
): Promise<RunningEngines> {
  const { folder = defaultStackFolder(), engines: mode = 'local', onEngineProgress, signal } = options;
  const engines = await startEngines({
    mode,
    dataFolder: path.join(folder, 'engines'),
    ...shapeOf(options),
    ...(onEngineProgress ? { onProgress: onEngineProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  const state = readStackState(folder);
  if (state) writeStackState(folder, { ...state, engineEnvironment: engines.environment() });
  return engines;
}

async function startServices(
  folder: string,
  engines: RunningEngines,
  options: StartStackOptions,
  secrets: Secrets | undefined,
): Promise<RunningStack> {
  const { signal } = options;
  const closed: ClosedStack | undefined =
    secrets && engines.closed
      ? { folder, secrets, engines: engines.closed, keys: devKeysOf(folder) }
      : undefined;
  const projectors = closed ? 'separate' : (options.projectors ?? 'together');
  const engineEnvironment = engines.environment();
  const regions = Object.keys(engines.addresses.cassandra);
  const names =
    options.names ?? (engines.mode === 'external' ? namesFromEnvironment(process.env) : stackNames());
  const known = readStackState(folder);
  const reusable =
    known !== undefined &&
    partlyRuns(folder, known) &&
    isSame(known, { engineEnvironment, names, projectors, closed: closed !== undefined });
  if (reusable) return startMissing(runningStack(folder, engines, known), known, options);
  if (closed)
    await prepareClosed({ closed, regions, engines: engineEnvironment, names, accounts: serviceAccounts() });
  else await prepare(regions, engineEnvironment, names);
  return whilePortsAreMine(signal, async () => {
    const shape = { engineMode: engines.mode, regions: [...regions], names, projectors };
    const state = await freshState(folder, { ...shape, engineEnvironment }, options, closed);
    return startMissing(runningStack(folder, engines, state), state, options);
  });
}

/** Beyond what a start may take that holds the ports and waits for a service which hangs. */
const PORTS_TIMEOUT_MS = 3 * READY_TIMEOUT_MS;

/**
 * Runs `start`, which chooses ports and lets services listen on these, while no other start of this user does the same.
 */
function whilePortsAreMine<T>(signal: AbortSignal | undefined, start: () => Promise<T>): Promise<T> {
  const lock = path.join(cacheFolder(process.env), 'ports-services.lock');
  return withFileLock(lock, { timeoutMs: PORTS_TIMEOUT_MS, ...(signal ? { signal } : {}) }, start);
}

/**
 * The running stack of a folder, from an earlier start; undefined when there is none. Starts nothing and asks no
 * engine, because a region answers even while other regions are away.
 */
export function findStack(folder: string = defaultStackFolder()): RunningStack | undefined {
  const state = readStackState(folder);
  if (!state || !partlyRuns(folder, state)) return undefined;
  return runningStack(folder, namedEngines(state.engineEnvironment), state);
}

function isSame(
  state: StackState,
  other: Pick<StackState, 'engineEnvironment' | 'names' | 'projectors' | 'closed'>,
): boolean {
  const { engineEnvironment, names, projectors, closed } = other;
  const text = (record: object) => JSON.stringify(Object.entries(record).sort());
  if (state.projectors !== projectors || state.closed !== closed) return false;
  return text(state.engineEnvironment) === text(engineEnvironment) && text(state.names) === text(names);
}

/** Variables that the user may set for all services of a stack: logs, traces, and the length of a drain. */
const PASSED_ON = [
  'MERIDIAN_LOG_LEVEL',
  'MERIDIAN_TRACES',
  'MERIDIAN_TRACE_RATIO',
  'MERIDIAN_DRAIN_MS',
  'MERIDIAN_SHUTDOWN_PAUSE_MS',
];

async function freshState(
  folder: string,
  shape: Pick<StackState, 'engineMode' | 'regions' | 'names' | 'projectors' | 'engineEnvironment'>,
  options: StartStackOptions,
  closed: ClosedStack | undefined,
): Promise<StackState> {
  const { regions, names, projectors, engineEnvironment } = shape;
  await stopServices(folder);
  rmSync(supervisorFileOf(folder), { force: true });
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  const extra = { ...Object.fromEntries(passedOn), ...options.serviceEnvironment };
  rememberFolder(cacheFolder(process.env), 'stacks', path.resolve(folder));
  const held = portsOfOtherStacks(path.resolve(folder));
  const keys = devKeysOf(folder);
  const open = await planServices(regions, engineEnvironment, names, keys, projectors, held);
  const plans = closed ? await Promise.all(open.map((plan) => closePlan(plan, closed))) : open;
  const state: StackState = {
    ...shape,
    closed: closed !== undefined,
    services: plans.map((plan) => ({ ...plan, environment: { ...plan.environment, ...extra } })),
  };
  writeStackState(folder, state);
  writeEnvironmentFiles(folder, state);
  return state;
}
