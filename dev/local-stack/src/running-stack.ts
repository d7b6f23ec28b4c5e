import { identify, signal as signalProcess, type RunningEngines } from '@meridian/engines';
import { accessOf } from './closed/issuer.ts';
import { stopObservers } from './observe/stop-observers.ts';
import { spawnService, whenReady } from './service-process.ts';
import type { StackNames } from './stack-names.ts';
import { changeStackState, readStackState, type StackState } from './stack-state.ts';
import { stopServices } from './stop-stack.ts';
import { endService } from './supervise.ts';
import { processOf, readSupervisorState } from './supervisor-state.ts';

/** A stack that is up. Its processes outlive this process unless the stack is stopped. */
export interface RunningStack {
  readonly folder: string;
  readonly names: StackNames;
  readonly regions: readonly string[];
  readonly engines: RunningEngines;
  readonly addresses: StackAddresses;
  /** The engines' addresses as MERIDIAN_* variables. */
  readonly engineEnvironment: Readonly<Record<string, string>>;
  readonly serviceNames: readonly string[];
  /** Set where the stack is closed: what a caller needs. */
  readonly access?: StackAccess;
  /** Sends a signal to one service; `SIGKILL` is a crash, after which a supervisor would start it again. */
  signalService(name: string, signal: NodeJS.Signals): void;
  /**
   * Starts one stopped service on its last ports, and waits until the service is ready. Or until it says that an operator has
   * to do something first: then this resolves with what it says.
   */
  startService(name: string, aborted?: AbortSignal): Promise<string | undefined>;
  /** Asks one service to end, and waits. The service stays stopped until it is started. */
  stopService(name: string): Promise<void>;
  /** Stops one service, and records that this process runs the service on its ports from now on. */
  takeOutService(name: string): Promise<void>;
  /** Stops all services, and the engines, unless these are external. */
  stop(): Promise<void>;
}

/** What a caller of a closed stack needs. */
export interface StackAccess {
  /** Whose signature on the services' certificates is trusted. */
  readonly authorityFile: string;
  /** Where `meridian login` keeps its token; missing before the first login. */
  readonly tokenFile: string;
  /** The same token as a header of a call, for `buf curl --header @FILE`: a token in an argument is in the process list. */
  readonly headersFile: string;
}

/** Where to ask. */
export interface StackAddresses {
  readonly command: string;
  readonly query: Readonly<Record<string, string>>;
  /** Metrics and health, by service. */
  readonly http: Readonly<Record<string, string>>;
}

const hostOf = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;

/** A stack by its state. Creating this object starts and stops nothing. */
export function runningStack(folder: string, engines: RunningEngines, state: StackState): RunningStack {
  const service = (name: string) => {
    const found = state.services.find((candidate) => candidate.name === name);
    if (!found)
      throw new Error(`there is no service ${name}: ${state.services.map((s) => s.name).join(', ')}`);
    return found;
  };
  return {
    folder,
    engines,
    names: state.names,
    regions: state.regions,
    engineEnvironment: state.engineEnvironment,
    ...(state.closed ? { access: accessOf(folder) } : {}),
    serviceNames: state.services.map(({ name }) => name),
    addresses: {
      command: hostOf(service('command-service').grpcPort),
      query: Object.fromEntries(
        state.regions.map((region) => [region, hostOf(service(`query-service-${region}`).grpcPort)]),
      ),
      http: Object.fromEntries(state.services.map(({ name, httpPort }) => [name, hostOf(httpPort)])),
    },
    signalService(name, sent) {
      const now = readStackState(folder)?.services.find((one) => one.name === name) ?? service(name);
      const identity = processOf(now, readSupervisorState(folder));
      if (!identity || !signalProcess(identity, sent)) throw new Error(`service ${name} does not run`);
    },
    async startService(name, aborted) {
      const entry = service(name);
      setSupervised(folder, name, false);
      await endService(folder, name, 0);
      aborted?.throwIfAborted();
      const identity = spawnService(folder, entry);
      changeStackState(folder, (now) => {
        const found = now.services.find((one) => one.name === name);
        if (found) Object.assign(found, { process: identity, supervised: now.supervisor !== undefined });
      });
      return whenReady(folder, entry, identity, { signal: aborted });
    },
    async stopService(name) {
      service(name);
      setSupervised(folder, name, false);
      await endService(folder, name);
    },
    async takeOutService(name) {
      await this.stopService(name);
      changeStackState(folder, ({ services }) => {
        for (const one of services) if (one.name === name) one.outside = identify(process.pid);
      });
    },
    async stop() {
      await stopObservers(folder);
      await stopServices(folder);
      await engines.stop();
    },
  };
}

function setSupervised(folder: string, name: string, supervised: boolean): void {
  changeStackState(folder, ({ services }) => {
    for (const one of services) if (one.name === name) one.supervised = supervised;
  });
}
