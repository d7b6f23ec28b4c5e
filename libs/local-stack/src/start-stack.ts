import path from 'node:path';
import {
  isAlive,
  signal as signalProcess,
  startEngines,
  workspaceFolder,
  type EngineMode,
  type OnProgress,
  type RunningEngines,
} from '@meridian/engines';
import { devKeysOf } from './dev-keys.ts';
import { prepare } from './prepare.ts';
import { planServices } from './service-plan.ts';
import { endProcess, isReady, spawnService, whenReady } from './service-process.ts';
import { stackNames, type StackNames } from './stack-names.ts';
import { readStackState, writeStackState, type StackState } from './stack-state.ts';
import { stopServices } from './stop-stack.ts';

/** How a stack is started. */
export interface StartStackOptions {
  /** Where it keeps state, logs, keys and the engines' data; `.meridian` of the workspace by default. */
  readonly folder?: string;
  readonly engines?: EngineMode;
  readonly names?: StackNames;
  /** Variables for every service, such as MERIDIAN_TRACES. */
  readonly serviceEnvironment?: Readonly<Record<string, string>>;
  readonly onEngineProgress?: OnProgress;
  readonly onServiceReady?: (name: string) => void;
  readonly signal?: AbortSignal;
}

/** A stack that is up. Its processes outlive this one unless it is stopped. */
export interface RunningStack {
  readonly folder: string;
  readonly names: StackNames;
  readonly regions: readonly string[];
  readonly engines: RunningEngines;
  readonly addresses: StackAddresses;
  /** The engines' addresses as MERIDIAN_* variables. */
  readonly engineEnvironment: Readonly<Record<string, string>>;
  readonly serviceNames: readonly string[];
  /** Sends a signal to one service; `SIGKILL` is a crash. */
  signalService(name: string, signal: NodeJS.Signals): void;
  /** Starts one service that does not run (again), on the ports it had, and waits until it is ready. */
  startService(name: string): Promise<void>;
  /** Asks one service to end, and waits. */
  stopService(name: string): Promise<void>;
  /** Stops all services; and the engines, unless they are external. */
  stop(): Promise<void>;
}

/** Where to ask. */
export interface StackAddresses {
  readonly command: string;
  readonly query: Readonly<Record<string, string>>;
  /** Metrics and health, by service. */
  readonly http: Readonly<Record<string, string>>;
}

/** The folder of the workspace's own stack. */
export function defaultStackFolder(): string {
  return path.join(workspaceFolder(), '.meridian');
}

/**
 * Starts engines and services and resolves when all are ready. What still runs from an earlier start of the same folder is used
 * again when it is whole, and replaced when it is not. Rejects with what did not come up; then the services it started are
 * stopped again.
 */
export async function startStack(options: StartStackOptions = {}): Promise<RunningStack> {
  const { folder = defaultStackFolder(), engines: mode = 'local', names = stackNames(), signal } = options;
  const engines = await startEngines({
    mode,
    dataFolder: path.join(folder, 'engines'),
    ...(options.onEngineProgress ? { onProgress: options.onEngineProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  const engineEnvironment = engines.environment();
  const regions = Object.keys(engines.addresses.cassandra);
  const known = readStackState(folder);
  const whole = known !== undefined && sameEngines(known, engineEnvironment) && (await allReady(known));
  const state = whole ? known : await freshState(folder, { mode, regions, names, engineEnvironment });
  const stack = runningStack(folder, engines, state, options.serviceEnvironment ?? {});
  if (whole) return stack;
  try {
    await prepare(regions, engineEnvironment, names);
    await Promise.all(
      stack.serviceNames.map(async (name) => {
        await stack.startService(name);
        options.onServiceReady?.(name);
      }),
    );
    signal?.throwIfAborted();
  } catch (error) {
    await stopServices(folder);
    throw error;
  }
  return stack;
}

/** The stack of a folder, as an earlier start left it running; undefined when there is none. Starts nothing. */
export async function findStack(folder: string = defaultStackFolder()): Promise<RunningStack | undefined> {
  const state = readStackState(folder);
  if (!state?.services.some((service) => service.process && isAlive(service.process))) return undefined;
  const engines = await startEngines({ mode: 'external', environment: state.engineEnvironment });
  return runningStack(folder, engines, state, {});
}

function sameEngines(state: StackState, environment: Readonly<Record<string, string>>): boolean {
  return (
    JSON.stringify(Object.entries(state.engineEnvironment).sort()) ===
    JSON.stringify(Object.entries(environment).sort())
  );
}

async function allReady(state: StackState): Promise<boolean> {
  const ready = await Promise.all(
    state.services.map(
      async ({ process: identity, httpPort }) => identity && isAlive(identity) && isReady(httpPort),
    ),
  );
  return ready.every(Boolean);
}

async function freshState(
  folder: string,
  parts: {
    mode: EngineMode;
    regions: readonly string[];
    names: StackNames;
    engineEnvironment: Readonly<Record<string, string>>;
  },
): Promise<StackState> {
  const { mode, regions, names, engineEnvironment } = parts;
  await stopServices(folder);
  const plans = await planServices(regions, engineEnvironment, names, devKeysOf(folder));
  const state: StackState = {
    engineMode: mode,
    regions: [...regions],
    names,
    engineEnvironment: { ...engineEnvironment },
    services: plans.map((plan) => ({ ...plan, environment: { ...plan.environment } })),
  };
  writeStackState(folder, state);
  return state;
}

function runningStack(
  folder: string,
  engines: RunningEngines,
  state: StackState,
  extra: Readonly<Record<string, string>>,
): RunningStack {
  const service = (name: string) => {
    const found = state.services.find((candidate) => candidate.name === name);
    if (!found)
      throw new Error(`there is no service ${name}: ${state.services.map((s) => s.name).join(', ')}`);
    return found;
  };
  const host = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;
  return {
    folder,
    engines,
    names: state.names,
    regions: state.regions,
    engineEnvironment: state.engineEnvironment,
    serviceNames: state.services.map(({ name }) => name),
    addresses: {
      command: host(service('command-service').grpcPort),
      query: Object.fromEntries(
        state.regions.map((region) => [region, host(service(`query-${region}`).grpcPort)]),
      ),
      http: Object.fromEntries(state.services.map(({ name, httpPort }) => [name, host(httpPort)])),
    },
    signalService(name, sent) {
      const identity = service(name).process;
      if (!identity || !signalProcess(identity, sent)) throw new Error(`service ${name} does not run`);
    },
    async startService(name) {
      const entry = service(name);
      if (entry.process && isAlive(entry.process)) await endProcess(entry.process, 0);
      const identity = spawnService(folder, entry, extra);
      entry.process = identity;
      writeStackState(folder, state);
      await whenReady(folder, entry, identity);
    },
    async stopService(name) {
      const entry = service(name);
      if (entry.process) await endProcess(entry.process);
    },
    async stop() {
      await stopServices(folder);
      await engines.stop();
    },
  };
}
