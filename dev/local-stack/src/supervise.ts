import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '@meridian/engines';
import { rotateLog, type Rotation } from './rotate-log.ts';
import { endProcess, logFileOf, spawnService } from './service-process.ts';
import { readStackState, type ServiceState } from './stack-state.ts';
import {
  aliveProcessOf,
  isSameProcess,
  processOf,
  readSupervisorState,
  writeSupervisorState,
} from './supervisor-state.ts';

/** Options of a supervisor. */
export interface SuperviseOptions {
  readonly lookEveryMs?: number;
  /**
   * The pause before a service is restarted: doubled each time, and short again once the service ran for `steadyMs`.
   */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  readonly steadyMs?: number;
  readonly rotation?: Rotation;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export const SUPERVISOR = 'supervisor';

/** The pause after this many starts in a row: the pause grows with each start, up to a bound. */
export function pauseMs(startsInARow: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(startsInARow, 30));
}

/** The restarts of a service that ends. */
interface Ending {
  startsInARow: number;
  startedMs: number;
  /** When the service is due for a restart; undefined while it runs. */
  dueMs: number | undefined;
}

/**
 * Restarts the services of a folder that ended unasked, and rotates the logs. Ends with the signal, or when the folder
 * names another supervisor. A service that was stopped through the stack stays stopped.
 */
export async function supervise(folder: string, options: SuperviseOptions): Promise<void> {
  const { lookEveryMs = 250, signal } = options;
  const endings = new Map<string, Ending>();
  while (!signal.aborted) {
    const state = readStackState(folder);
    if (state?.supervisor?.pid !== process.pid) return;
    for (const service of state.services) {
      try {
        await look(folder, service, endings, options);
        rotateLog(logFileOf(folder, service.name), options.rotation);
      } catch (error) {
        // A disk that is full now may have room at the next check.
        options.say(`${service.name}: ${String(error)}`);
      }
    }
    rotateLog(logFileOf(folder, SUPERVISOR), options.rotation);
    await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function look(
  folder: string,
  service: ServiceState,
  endings: Map<string, Ending>,
  options: SuperviseOptions,
): Promise<void> {
  const { firstPauseMs = 500, maxPauseMs = 30_000, steadyMs = 60_000, say } = options;
  const nowMs = performance.now();
  const ending = endings.get(service.name) ?? { startsInARow: 0, startedMs: nowMs, dueMs: undefined };
  endings.set(service.name, ending);
  if (!service.supervised || !service.process || aliveProcessOf(service, readSupervisorState(folder))) {
    ending.dueMs = undefined;
    return;
  }
  if (ending.dueMs === undefined) {
    if (nowMs - ending.startedMs >= steadyMs) ending.startsInARow = 0;
    const waitMs = pauseMs(ending.startsInARow, firstPauseMs, maxPauseMs);
    ending.dueMs = nowMs + waitMs;
    say(`${service.name} ended; it is started again in ${waitMs} ms`);
  }
  if (nowMs < ending.dueMs || options.signal.aborted) return;
  ending.dueMs = undefined;
  ending.startedMs = nowMs;
  ending.startsInARow += 1;
  await startAgain(folder, service, say);
}

async function startAgain(folder: string, service: ServiceState, say: (line: string) => void): Promise<void> {
  const before = readSupervisorState(folder);
  const replaces = service.process;
  if (!replaces) return;
  const started = spawnService(folder, service);
  const restarts = (before[service.name]?.restarts ?? 0) + 1;
  writeSupervisorState(folder, { ...before, [service.name]: { restarts, replaces, process: started } });
  // Another process may have stopped or started the service since the check: then the service is not ours to restart.
  const now = readStackState(folder)?.services.find(({ name }) => name === service.name);
  if (now?.supervised && isSameProcess(now.process, replaces)) {
    say(`${service.name} was started again (${restarts} in all)`);
    return;
  }
  await endProcess(started, 0);
}

/**
 * Asks every process of a service to end, whoever started it. Resolves when none runs. The stack must no longer
 * supervise the service.
 */
export async function endService(folder: string, name: string, graceMs?: number): Promise<void> {
  for (;;) {
    const service = readStackState(folder)?.services.find((one) => one.name === name);
    if (!service) return;
    const running = processOf(service, readSupervisorState(folder));
    if (!running || !isAlive(running)) return;
    await endProcess(running, graceMs);
  }
}
