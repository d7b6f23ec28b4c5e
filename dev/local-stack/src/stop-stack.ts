import path from 'node:path';
import {
  engineStatus,
  externalStatus,
  identify,
  signal,
  stopEngines,
  type EngineStatus,
  type ExternalStatus,
} from '@meridian/engines';
import { stopObservers } from './observe/stop-observers.ts';
import { isProjector } from './service-plan.ts';
import { endProcess, logFileOf, readinessOf } from './service-process.ts';
import { changeStackState, readStackState } from './stack-state.ts';
import { endService } from './supervise.ts';
import { aliveProcessOf, processOf, readSupervisorState, runsOutside } from './supervisor-state.ts';

/** Ends the supervisor of a folder, if one runs: services that end from now on stay stopped. */
async function stopSupervisor(folder: string): Promise<void> {
  const supervisor = readStackState(folder)?.supervisor;
  if (!supervisor) return;
  await endProcess(supervisor);
  changeStackState(folder, (state) => {
    delete state.supervisor;
    for (const service of state.services) service.supervised = false;
  });
}

/**
 * Stops the services of a folder: first the services with requests, then the projectors. Does nothing when none runs.
 */
export async function stopServices(folder: string): Promise<void> {
  await stopSupervisor(folder);
  const services = readStackState(folder)?.services ?? [];
  const [projectors, others] = [
    services.filter(({ name }) => isProjector(name)),
    services.filter(({ name }) => !isProjector(name)),
  ];
  for (const group of [others, projectors]) {
    await Promise.all(group.map(({ name }) => endService(folder, name)));
  }
}

/** Stops services and engines of a folder, and what watches these; external engines are not touched. Does nothing when nothing runs. */
export async function stopStack(folder: string): Promise<void> {
  const state = readStackState(folder);
  await stopObservers(folder);
  await stopServices(folder);
  if (state?.engineMode !== 'external') await stopEngines(path.join(folder, 'engines'));
}

/**
 * Kills every service and engine of a folder at once, for callers that do not wait for an orderly end. Acknowledged
 * writes are kept: the stores recover them at the next start. Containers and external engines are not touched.
 */
export async function killStack(folder: string): Promise<void> {
  const state = readStackState(folder);
  if (state?.supervisor) signal(state.supervisor, 'SIGKILL');
  const supervised = readSupervisorState(folder);
  for (const service of state?.services ?? []) {
    const identity = processOf(service, supervised);
    if (identity) signal(identity, 'SIGKILL');
  }
  if (state?.engineMode === 'external') return;
  for (const { pid } of await engineStatus(path.join(folder, 'engines'))) {
    const identity = pid === undefined ? undefined : identify(pid);
    if (identity) signal(identity, 'SIGKILL');
  }
}

/** The status of one service. */
export interface ServiceStatus {
  readonly name: string;
  /**
   * `starting`: the service runs and is not ready. `waiting`: the same, and an operator has to do what `advice` says. Without
   * a pid, a service that is not `stopped` runs outside of the stack, on its ports.
   */
  readonly state: 'ready' | 'starting' | 'waiting' | 'stopped';
  readonly advice?: string;
  readonly pid?: number;
  /** `host:port` of gRPC; undefined for a projector. */
  readonly address?: string;
  readonly httpAddress: string;
  readonly logFile: string;
  /** How often the stack's supervisor restarted the service. */
  readonly restarts: number;
}

/** The status of all engines and services of a folder. */
export interface StackStatus {
  /** External engines have no known process and no known log. */
  readonly engines: readonly (EngineStatus | ExternalStatus)[];
  readonly services: readonly ServiceStatus[];
}

/** The current status of the engines and services of a folder. */
export async function stackStatus(folder: string): Promise<StackStatus> {
  const state = readStackState(folder);
  const supervised = readSupervisorState(folder);
  const services = (state?.services ?? []).map(async (service) => {
    const { name, grpcPort, httpPort } = service;
    const alive = aliveProcessOf(service, supervised);
    // When no process of the service runs, what answers on its port is a stranger.
    const runs = alive !== undefined || runsOutside(service);
    const { isReady, advice } = runs ? await readinessOf(httpPort) : { isReady: false };
    const running = isReady ? 'ready' : advice === undefined ? 'starting' : 'waiting';
    return {
      name,
      state: runs ? running : 'stopped',
      ...(advice === undefined ? {} : { advice }),
      ...(alive ? { pid: alive.pid } : {}),
      ...(grpcPort === undefined ? {} : { address: `127.0.0.1:${grpcPort}` }),
      httpAddress: `127.0.0.1:${httpPort}`,
      logFile: logFileOf(folder, name),
      restarts: supervised[name]?.restarts ?? 0,
    } as const;
  });
  const engines =
    state?.engineMode === 'external'
      ? externalStatus(state.engineEnvironment)
      : engineStatus(path.join(folder, 'engines'));
  return { engines: await engines, services: await Promise.all(services) };
}
