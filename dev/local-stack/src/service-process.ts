import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identify, isAlive, signal, workspaceFolder, type ProcessIdentity } from '@meridian/engines';
import type { ServicePlan } from './service-plan.ts';

/** A service that did not come up, with the end of its log. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
}

/** Where a service writes its log. */
export function logFileOf(folder: string, name: string): string {
  return path.join(folder, 'logs', `${name}.log`);
}

/**
 * Starts a service as a separate process, which outlives this process. The service appends to its log. Does not wait
 * until the service is ready.
 */
export function spawnService(folder: string, plan: ServicePlan): ProcessIdentity {
  return spawnMain(folder, plan, []);
}

/** A file of the workspace that is run. */
type Main = Pick<ServicePlan, 'name' | 'main' | 'environment'>;

/** Starts a file of the workspace as a separate process, as spawnService does. */
export function spawnMain(folder: string, plan: Main, args: readonly string[]): ProcessIdentity {
  const file = logFileOf(folder, plan.name);
  mkdirSync(path.dirname(file), { recursive: true });
  const log = openSync(file, 'a');
  try {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', plan.main, ...args], {
      cwd: workspaceFolder(),
      env: {
        NODE_COMPILE_CACHE: path.join(workspaceFolder(), '.meridian/compile-cache'),
        ...inherited(),
        ...plan.environment,
      },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (!identity) throw new ServiceStartError(`${plan.name} could not be started; its log is ${file}`);
    return identity;
  } finally {
    closeSync(log);
  }
}

/** A pipeline finds processes that were left running by this variable. */
const MARK = 'MERIDIAN_CI_MARK';

/** The environment without our own variables: a service gets all of these from its plan. */
function inherited(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (name === MARK || !name.startsWith('MERIDIAN_'))) kept[name] = value;
  }
  return kept;
}

const READY_POLL_MS = 50;
/** Only what hangs takes so long: a service that ends, or that waits for an operator, is reported at once. */
export const READY_TIMEOUT_MS = 600_000;

/**
 * Resolves when the service reports that it is ready, or, with its advice, that an operator has to do something first. Rejects
 * with ServiceStartError when it ends or takes too long.
 */
export async function whenReady(
  folder: string,
  plan: ServicePlan,
  identity: ProcessIdentity,
  {
    timeoutMs = READY_TIMEOUT_MS,
    signal: aborted,
  }: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    aborted?.throwIfAborted();
    const { isReady, advice } = await readinessOf(plan.httpPort);
    // Looked at first: another process on the port may have answered, for which this one had to end.
    if (!isAlive(identity))
      throw new ServiceStartError(`${plan.name} ended while starting:\n${tail(folder, plan.name)}`);
    if (isReady || advice !== undefined) return advice;
    if (Date.now() > deadline) {
      throw new ServiceStartError(
        `${plan.name} was not ready after ${timeoutMs} ms:\n${tail(folder, plan.name)}`,
      );
    }
    await pause(READY_POLL_MS);
  }
}

/** What a service says of itself. */
export interface Readiness {
  readonly isReady: boolean;
  /** What an operator has to do before the service can be ready; undefined where nobody has to do anything. */
  readonly advice?: string | undefined;
}

/** What the service behind a port says of itself; one that does not answer is not ready. */
export async function readinessOf(httpPort: number): Promise<Readiness> {
  try {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`, {
      signal: AbortSignal.timeout(2_000),
    });
    const said = await response.text();
    return { isReady: response.ok, advice: /^not ready: (.+)\n$/.exec(said)?.[1] };
  } catch {
    return { isReady: false };
  }
}

function tail(folder: string, name: string): string {
  return readFileSync(logFileOf(folder, name), 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}

/**
 * Asks a process to end and waits; kills the process after the given time. Nothing happens when the process is gone.
 */
export async function endProcess(identity: ProcessIdentity, graceMs = 25_000): Promise<void> {
  signal(identity, 'SIGTERM');
  const killAt = Date.now() + graceMs;
  while (isAlive(identity)) {
    if (Date.now() > killAt) signal(identity, 'SIGKILL');
    await pause(20);
  }
}
