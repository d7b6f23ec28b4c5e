import { realpathSync } from 'node:fs';
import type { EngineRecord, EngineState } from './engine-state.ts';
import { readState, stateLock, writeState } from './engine-state.ts';
import type { EngineName } from './engine-types.ts';
import { withFileLock } from './file-lock.ts';
import { endProcess, killProcess, launchEngine, waitForAnswer } from './local/engine-process.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isAlive, isPaused, signal } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

const lockTimeoutMs = 10 * 60_000;
const signalTimeoutMs = 5_000;

interface Found {
  readonly folder: string;
  readonly state: EngineState;
  readonly record: EngineRecord;
}

async function withEngine<T>(
  dataFolder: string,
  name: EngineName,
  work: (found: Found) => Promise<T>,
): Promise<T> {
  const folder = realpathSync(dataFolder);
  return withFileLock(stateLock(folder), { timeoutMs: lockTimeoutMs }, async () => {
    const state = readState(folder);
    const record = state?.mode === 'local' ? state.engines[name] : undefined;
    if (state === undefined || record === undefined) {
      throw new Error(`${name} is not an engine that was started as a process in ${folder}`);
    }
    return work({ folder, state, record });
  });
}

function runningProcess(name: EngineName, { record }: Found): ProcessIdentity {
  if (record.process === undefined || !isAlive(record.process)) throw new Error(`${name} does not run`);
  return record.process;
}

function forgetProcess({ folder, state, record }: Found): void {
  delete record.process;
  writeState(folder, state);
}

/** Stops one engine as `stopEngines` does; resolves when its process is gone. Does nothing when it does not run. */
export async function stopEngine(dataFolder: string, name: EngineName): Promise<void> {
  await withEngine(dataFolder, name, async (found) => {
    if (found.record.process !== undefined) await endProcess(found.record.process);
    forgetProcess(found);
  });
}

/** Kills one engine as a crash would (SIGKILL); resolves when its process is gone. Rejects when it does not run. */
export async function killEngine(dataFolder: string, name: EngineName): Promise<void> {
  await withEngine(dataFolder, name, async (found) => {
    await killProcess(runningProcess(name, found));
    forgetProcess(found);
  });
}

/** Freezes one engine (SIGSTOP): its connections stay open and nothing answers. Rejects when it does not run. */
export async function pauseEngine(dataFolder: string, name: EngineName): Promise<void> {
  await withEngine(dataFolder, name, async (found) => {
    const running = runningProcess(name, found);
    signal(running, 'SIGSTOP');
    await waitUntil(() => isPaused(running), { timeoutMs: signalTimeoutMs, everyMs: 5 });
  });
}

/** Lets a paused engine go on. Rejects when it does not run. */
export async function resumeEngine(dataFolder: string, name: EngineName): Promise<void> {
  await withEngine(dataFolder, name, async (found) => {
    const running = runningProcess(name, found);
    signal(running, 'SIGCONT');
    await waitUntil(() => !isPaused(running), { timeoutMs: signalTimeoutMs, everyMs: 5 });
  });
}

/**
 * Starts one stopped or killed engine again, on the same ports and data; resolves when it answers. Other engines of the folder can be
 * controlled meanwhile.
 */
export async function restartEngine(dataFolder: string, name: EngineName): Promise<void> {
  const launched = await withEngine(dataFolder, name, async ({ folder, state, record }) => {
    if (record.process !== undefined) await endProcess(record.process);
    record.process = launchEngine(name, record.launch, folder);
    writeState(folder, state);
    return record;
  });
  await waitForAnswer(name, launched);
}
