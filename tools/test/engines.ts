import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineMode, EngineProgress } from '@meridian/engines';
import { workspaceRoot } from '../shell/workspace.ts';

const dataFolder = join(workspaceRoot, '.meridian/test-engines');

/** Prints each step of each engine once, however often its progress is told. */
function printSteps(): (progress: EngineProgress) => void {
  const told = new Set<string>();
  return ({ engine, step, message }) => {
    const key = step === 'notice' ? message : `${engine} ${step}`;
    if (told.has(key)) return;
    told.add(key);
    console.log(message);
  };
}

/** The engines to use where none are asked for: those that the environment names, or else this run's own. */
export function usualMode(env: NodeJS.ProcessEnv): EngineMode {
  return env.MERIDIAN_KAFKA_BROKERS === undefined ? 'local' : 'external';
}

/**
 * Calls `use` with the variables that name running engines. Engines that this started are stopped whatever happens; their
 * data goes too, unless `use` threw.
 */
export async function withEngines<Result>(
  mode: EngineMode,
  stop: AbortSignal,
  use: (env: NodeJS.ProcessEnv) => Promise<Result>,
): Promise<Result> {
  stop.throwIfAborted();
  console.log(`\n=== Engines (${mode}) ===\n`);
  // Imported here, so that engines that do not load cannot hide the results of the pure tests.
  const { startEngines, stopEngines } = await import('@meridian/engines');
  if (mode !== 'external') {
    // What a run that was killed left behind: its engines, and data that may be half written.
    await stopEngines(dataFolder);
    await rm(dataFolder, { recursive: true, force: true });
  }
  const engines = await startEngines({
    ...{ mode, dataFolder, signal: stop, onProgress: printSteps() },
    // No test kills a node of these engines, and the tests make more tables than anything else.
    durableSchema: false,
  });
  let result: Result;
  try {
    result = await use(engines.environment());
  } finally {
    await engines.stop();
  }
  if (mode !== 'external') await rm(dataFolder, { recursive: true, force: true });
  return result;
}
