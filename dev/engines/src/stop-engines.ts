import { existsSync, realpathSync } from 'node:fs';
import { stopDocker } from './docker-engines.ts';
import { emptyState, readState, stateLock, writeState } from './engine-state.ts';
import type { EngineName } from './engine-types.ts';
import { engineNames } from './engine-types.ts';
import { withFileLock } from './file-lock.ts';
import { defaultDataFolder } from './folders.ts';
import { answers } from './local/engine-process.ts';
import { endAllBut } from './local/recover-engines.ts';
import { isAlive, isPaused } from './process-identity.ts';

const lockTimeoutMs = 10 * 60_000;

/**
 * Stops all engines of a data folder, whoever started them. Each engine is asked to end, and killed after 30 s. Their
 * data stays. Resolves when every process is gone; does nothing when none runs.
 */
export async function stopEngines(dataFolder: string = defaultDataFolder()): Promise<void> {
  if (!existsSync(dataFolder)) return;
  const folder = realpathSync(dataFolder);
  await withFileLock(stateLock(folder), { timeoutMs: lockTimeoutMs }, async () => {
    const state = readState(folder);
    if (state?.mode === 'docker') await stopDocker(state);
    await endAllBut(new Set(), folder, state ?? emptyState('local'));
    if (state !== undefined) writeState(folder, state);
  });
}

export interface EngineStatus {
  readonly name: EngineName;
  /**
   * `silent`: the process runs but does not answer. `given`: a server that the user named, whose process is not known.
   */
  readonly state: 'running' | 'silent' | 'paused' | 'stopped' | 'given';
  readonly address: string;
  readonly pid?: number;
  readonly from?: string;
  readonly logFile?: string;
}

/**
 * The state of each engine of a data folder now, by its process and by its answer; empty when none was ever started
 * there.
 */
export async function engineStatus(dataFolder: string = defaultDataFolder()): Promise<EngineStatus[]> {
  const state = existsSync(dataFolder) ? readState(realpathSync(dataFolder)) : undefined;
  if (state === undefined) return [];
  const statuses = engineNames.map(async (name): Promise<EngineStatus[]> => {
    if (name === 'mysql' && state.givenMysqlUrl !== undefined) {
      return [{ name, state: 'given', address: new URL(state.givenMysqlUrl).host }];
    }
    const published = state.mode === 'docker' ? state.docker?.ports[name] : undefined;
    if (published !== undefined) {
      const up = await answers(name, { host: '127.0.0.1', ports: { client: published } });
      return [{ name, state: up ? 'running' : 'stopped', address: `127.0.0.1:${published}`, from: 'Docker' }];
    }
    const record = state.engines[name];
    if (record === undefined) return [];
    const common = {
      name,
      address: `${record.host}:${record.ports.client}`,
      from: record.from,
      logFile: record.launch.logFile,
    };
    const running = record.process;
    if (running === undefined || !isAlive(running)) return [{ ...common, state: 'stopped' }];
    if (isPaused(running)) return [{ ...common, state: 'paused', pid: running.pid }];
    return [{ ...common, state: (await answers(name, record)) ? 'running' : 'silent', pid: running.pid }];
  });
  return (await Promise.all(statuses)).flat();
}
