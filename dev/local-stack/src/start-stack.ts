import { rmSync } from 'node:fs';
import path from 'node:path';
import {
  cacheFolder,
  isAlive,
  namedEngines,
  rememberFolder,
  startEngines,
  withFileLock,
  workspaceFolder,
  type EngineMode,
  type OnProgress,
  type RunningEngines,
} from '@meridian/engines';
import { devKeysOf } from './dev-keys.ts';
import { portsOfOtherStacks } from './held-ports.ts';
import { prepare } from './prepare.ts';
import { runningStack, type RunningStack } from './running-stack.ts';
import { planServices, type ProjectorArrangement } from './service-plan.ts';
import { isReady, spawnMain } from './service-process.ts';
import { namesFromEnvironment, stackNames, type StackNames } from './stack-names.ts';
import {
  changeStackState,
  readStackState,
  writeEnvironmentFiles,
  writeStackState,
  type StackState,
} from './stack-state.ts';
import { stopServices } from './stop-stack.ts';
import { SUPERVISOR } from './supervise.ts';
import { aliveProcessOf, partlyRuns, readSupervisorState, supervisorFileOf } from './supervisor-state.ts';

/** How a stack is started. */
export interface StartStackOptions {
  /** Where the stack keeps state, logs, keys and the engines' data; `.meridian` of the workspace by default. */
  readonly folder?: string;
  readonly engines?: EngineMode;
  /** By default: on external engines the names of the environment, else the usual names. */
  readonly names?: StackNames;
  /**
   * All projectors in one process, the default, or each in its own. A stack with the other arrangement is stopped and
   * started again.
   */
  readonly projectors?: ProjectorArrangement;
  /** Variables for every service, such as MERIDIAN_TRACES. */
  readonly serviceEnvironment?: Readonly<Record<string, string>>;
  readonly onEngineProgress?: OnProgress;
  readonly onServiceReady?: (name: string) => void;
  /**
   * Lets a separate process, the supervisor, restart services that end unasked, and rotate their logs, until the stack
   * is stopped. Without a supervisor the caller is in control.
   */
  readonly supervise?: boolean;
  /**
   * Ends a start that is under way. Everything that it started is stopped again, and the start rejects with the
   * signal's reason.
   */
  readonly signal?: AbortSignal;
}

/** The folder of a stack by default: MERIDIAN_STACK_FOLDER, else `.meridian` of the workspace. */
export function defaultStackFolder(): string {
  return process.env.MERIDIAN_STACK_FOLDER || path.join(workspaceFolder(), '.meridian');
}

/**
 * Starts engines and services and resolves when all are ready. Processes that still run from an earlier start of the
 * same folder are reused. Only the missing ones are started, on their last ports. Rejects with the error of what did
 * not come up. Then the services are stopped again, and the engines too unless they ran before.
 */
export async function startStack(options: StartStackOptions = {}): Promise<RunningStack> {
  const { folder = defaultStackFolder(), engines: mode = 'local', onEngineProgress, signal } = options;
  const engines = await startEngines({
    mode,
    dataFolder: path.join(folder, 'engines'),
    ...(onEngineProgress ? { onProgress: onEngineProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  try {
    const stack = await startServices(folder, engines, options);
    if (options.supervise) ensureSupervisor(folder);
    return stack;
  } catch (error) {
    await stopServices(folder);
    if (engines.reused.length === 0) await engines.stop();
    throw error;
  }
}

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
  options: Pick<StartStackOptions, 'folder' | 'engines' | 'onEngineProgress' | 'signal'> = {},
): Promise<RunningEngines> {
  const { folder = defaultStackFolder(), engines: mode = 'local', onEngineProgress, signal } = options;
  const engines = await startEngines({
    mode,
    dataFolder: path.join(folder, 'engines'),
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
): Promise<RunningStack> {
  const { signal, projectors = 'together' } = options;
  const engineEnvironment = engines.environment();
  const regions = Object.keys(engines.addresses.cassandra);
  const names =
    options.names ?? (engines.mode === 'external' ? namesFromEnvironment(process.env) : stackNames());
  const known = readStackState(folder);
  const reusable =
    known !== undefined &&
    partlyRuns(folder, known) &&
    isSame(known, { engineEnvironment, names, projectors });
  if (reusable) return startMissing(runningStack(folder, engines, known), known, options);
  await prepare(regions, engineEnvironment, names);
  return whilePortsAreMine(signal, async () => {
    const state = await freshState(folder, engines.mode, regions, names, engineEnvironment, options);
    return startMissing(runningStack(folder, engines, state), state, options);
  });
}

/** Starts the services of a stack that are not ready. */
async function startMissing(
  stack: RunningStack,
  state: StackState,
  { signal, onServiceReady }: Pick<StartStackOptions, 'signal' | 'onServiceReady'>,
): Promise<RunningStack> {
  const failed = new AbortController();
  const aborted = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const start = async (name: string) => {
    try {
      await stack.startService(name, aborted);
      onServiceReady?.(name);
    } catch (error) {
      // The first failure ends the waiting for other services; only that failure shows what was wrong.
      failed.abort(error);
    }
  };
  await Promise.all((await notReady(stack.folder, state)).map(start));
  failed.signal.throwIfAborted();
  return stack;
}

const PORTS_TIMEOUT_MS = 10 * 60_000;

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
  { engineEnvironment, names, projectors }: Pick<StackState, 'engineEnvironment' | 'names' | 'projectors'>,
): boolean {
  const text = (record: object) => JSON.stringify(Object.entries(record).sort());
  if (state.projectors !== projectors) return false;
  return text(state.engineEnvironment) === text(engineEnvironment) && text(state.names) === text(names);
}

async function notReady(folder: string, { services }: StackState): Promise<readonly string[]> {
  const restarted = readSupervisorState(folder);
  const missing = services.map(async (service) => {
    const ready = aliveProcessOf(service, restarted) && (await isReady(service.httpPort));
    return ready ? [] : [service.name];
  });
  return (await Promise.all(missing)).flat();
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
  engineMode: EngineMode,
  regions: readonly string[],
  names: StackNames,
  engineEnvironment: Readonly<Record<string, string>>,
  options: StartStackOptions,
): Promise<StackState> {
  await stopServices(folder);
  rmSync(supervisorFileOf(folder), { force: true });
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  const extra = { ...Object.fromEntries(passedOn), ...options.serviceEnvironment };
  rememberFolder(cacheFolder(process.env), 'stacks', path.resolve(folder));
  const held = portsOfOtherStacks(path.resolve(folder));
  const { projectors = 'together' } = options;
  const keys = devKeysOf(folder);
  const plans = await planServices(regions, engineEnvironment, names, keys, projectors, held);
  const state: StackState = {
    engineMode,
    regions: [...regions],
    names,
    projectors,
    engineEnvironment: { ...engineEnvironment },
    services: plans.map((plan) => ({ ...plan, environment: { ...plan.environment, ...extra } })),
  };
  writeStackState(folder, state);
  writeEnvironmentFiles(folder, state);
  return state;
}
