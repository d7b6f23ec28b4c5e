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

/** How a supervisor works. */
export interface SuperviseOptions {
  readonly lookEveryMs?: number;
  /** The pause before a service is started again: doubled each time, and short again when it ran for `steadyMs`. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  readonly steadyMs?: number;
  readonly rotation?: Rotation;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export const SUPERVISOR = 'supervisor';

/** A pause that grows with every start in a row and has a bound. */
export function pauseMs(startsInARow: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(startsInARow, 30));
}

/** How a service that ends fares. */
interface Ending {
  startsInARow: number;
  startedMs: number;
  /** When it is due again; undefined while it runs. */
  dueMs: number | undefined;
}

/**
 * Starts the services of a folder again that ended by themselves, and rotates the logs, until the signal or until the folder names
 * another supervisor. One that was stopped through the stack is left alone.
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
        // A disk that is full now may have room at the next look.
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
  // Somebody may have stopped or started it since the look: then it is theirs.
  const now = readStackState(folder)?.services.find(({ name }) => name === service.name);
  if (now?.supervised && isSameProcess(now.process, replaces)) {
    say(`${service.name} was started again (${restarts} in all)`);
    return;
  }
  await endProcess(started, 0);
}

/** Resolves when no process of a service runs, whoever started it; each is asked to end. The stack must not supervise it any more. */
export async function endService(folder: string, name: string, graceMs?: number): Promise<void> {
  for (;;) {
    const service = readStackState(folder)?.services.find((one) => one.name === name);
    if (!service) return;
    const running = processOf(service, readSupervisorState(folder));
    if (!running || !isAlive(running)) return;
    await endProcess(running, graceMs);
  }
}
