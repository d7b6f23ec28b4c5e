import type { EngineRecord, EngineState } from '../engine-state.ts';
import type { EngineName } from '../engine-types.ts';
import { EngineStartError } from '../errors.ts';
import { isPortFree } from '../ports.ts';
import { endProcess } from './engine-process.ts';
import type { PrepareContext } from './prepare-context.ts';

const maxTries = 3;

/**
 * Runs `start`, which chooses ports and launches these engines on the ports. Another process may take a free port
 * before the engine listens on it. Then the launched engines are ended and `start` runs again, three times at most. Any
 * other failure is passed on at once.
 */
export async function onFreePorts(
  names: readonly EngineName[],
  state: EngineState,
  { onProgress, signal }: Pick<PrepareContext, 'onProgress' | 'signal'>,
  start: () => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      const records = names.flatMap((name) => state.engines[name] ?? []);
      const launched = records.flatMap(({ process }) => process ?? []);
      await Promise.all(launched.map(endProcess));
      if (!(error instanceof EngineStartError) || tries === maxTries || signal.aborted) throw error;
      if (!(await hasLostPort(records))) throw error;
      for (const engine of names) {
        const message = `${engine}: a port was taken by another program meanwhile; trying others`;
        onProgress({ engine, step: 'notice', message });
      }
    }
  }
}

/** Whether another process listens on a port of engines that have ended. */
async function hasLostPort(records: readonly EngineRecord[]): Promise<boolean> {
  const looks = records.flatMap(({ host, ports }) =>
    Object.values(ports).map((port) => isPortFree(port, host)),
  );
  return (await Promise.all(looks)).includes(false);
}
