import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Engines from '@meridian/engines';
import { workspaceRoot } from '../shell/workspace.ts';

const dataFolder = join(workspaceRoot, '.meridian/test-engines');
/** Engines that stay up between runs have a folder of their own, so that a run of all tests never takes them down. */
const keptFolder = join(workspaceRoot, '.meridian/kept-engines');

/** The part of @meridian/engines that is used here. */
type EnginesModule = Pick<typeof Engines, 'startEngines' | 'stopEngines' | 'withFileLock'>;

type KeptModule = Pick<EnginesModule, 'startEngines' | 'stopEngines'>;

/** Imported when needed, so that engines that do not load cannot hide the results of the pure tests. */
const loadEngines = (): Promise<EnginesModule> => import('@meridian/engines');

/** Prints each step of each engine once, however often its progress is told. */
function printSteps(): (progress: Engines.EngineProgress) => void {
  const told = new Set<string>();
  return ({ engine, step, message }) => {
    const key = step === 'notice' ? message : `${engine} ${step}`;
    if (told.has(key)) return;
    told.add(key);
    console.log(message);
  };
}

/** The engines to use where none are asked for: those that the environment names, or else this run's own. */
export function usualMode(env: NodeJS.ProcessEnv): Engines.EngineMode {
  return env.MERIDIAN_KAFKA_BROKERS === undefined ? 'local' : 'external';
}

/**
 * Calls `use` with the variables that name running engines. Engines that this started are stopped whatever happens; their
 * data goes too, unless `use` threw. Rejects while another run has engines of its own in the same folder: they are left
 * alone. A run that was killed has none any more.
 */
export async function withEngines<Result>(
  mode: Engines.EngineMode,
  stop: AbortSignal,
  use: (env: NodeJS.ProcessEnv) => Promise<Result>,
  { folder = dataFolder, load = loadEngines } = {},
): Promise<Result> {
  stop.throwIfAborted();
  console.log(`\n=== Engines (${mode}) ===\n`);
  const module = await load();
  const run = () => onStartedEngines(mode, stop, use, folder, module);
  if (mode === 'external') return run();
  // Not in the folder: that is removed while the lock is held.
  const lock = `${folder}.lock`;
  const refuse = () => {
    throw new Error(
      `another \`npm test\` of this workspace is at work on its engines (${lock} names the process): wait for its end, or use --keep`,
    );
  };
  return module.withFileLock(lock, { timeoutMs: 0, onWait: refuse }, run);
}

async function onStartedEngines<Result>(
  mode: Engines.EngineMode,
  stop: AbortSignal,
  use: (env: NodeJS.ProcessEnv) => Promise<Result>,
  folder: string,
  { startEngines, stopEngines }: EnginesModule,
): Promise<Result> {
  if (mode !== 'external') {
    // What a run that was killed left behind: its engines, and data that may be half written.
    await stopEngines(folder);
    await rm(folder, { recursive: true, force: true });
  }
  const engines = await startEngines({
    mode,
    dataFolder: folder,
    signal: stop,
    onProgress: printSteps(),
    // No test kills a node of these engines, and the tests make more tables than anything else.
    durableSchema: false,
  });
  let result: Result;
  try {
    result = await use(engines.environment());
  } finally {
    await engines.stop();
  }
  if (mode !== 'external') await rm(folder, { recursive: true, force: true });
  return result;
}

/**
 * Calls `use` with the variables of engines that stay up: those that an earlier call left running are used again, and none are
 * stopped. Only a start that fails stops what it started.
 */
export async function withKeptEngines<Result>(
  stop: AbortSignal,
  use: (env: NodeJS.ProcessEnv) => Promise<Result>,
  load: () => Promise<KeptModule> = loadEngines,
): Promise<Result> {
  stop.throwIfAborted();
  console.log('\n=== Engines that stay up ===\n');
  const { startEngines } = await load();
  const engines = await startEngines({
    dataFolder: keptFolder,
    signal: stop,
    onProgress: printSteps(),
    durableSchema: false,
  });
  console.log('They stay up; `npm test -- --stop-engines` stops them and removes their data.');
  return use(engines.environment());
}

/** Stops the engines that stayed up, if any, and removes their data. */
export async function stopKeptEngines(load: () => Promise<KeptModule> = loadEngines): Promise<void> {
  const { stopEngines } = await load();
  await stopEngines(keptFolder);
  await rm(keptFolder, { recursive: true, force: true });
}
