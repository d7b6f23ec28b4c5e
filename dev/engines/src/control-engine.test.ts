import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killEngine, pauseEngine, restartEngine, resumeEngine } from './control-engine.ts';
import { emptyState, readState, writeState, type EngineRecord } from './engine-state.ts';
import type { EngineName } from './engine-types.ts';
import { isAlive } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

const STARTING: EngineName = 'kafka';
const OTHER: EngineName = 'cassandra-eu-west';
/** Nothing can listen there. */
const NO_PORT = 1;

let dataFolder: string;

beforeEach(() => {
  dataFolder = realpathSync(mkdtempSync(path.join(tmpdir(), 'meridian-control-')));
  const state = emptyState('local');
  state.engines = { [STARTING]: neverReady(STARTING), [OTHER]: neverReady(OTHER) };
  writeState(dataFolder, state);
});
afterEach(async () => {
  for (const name of [STARTING, OTHER]) await killEngine(dataFolder, name).catch(() => undefined);
  rmSync(dataFolder, { recursive: true, force: true });
});

/** An engine that runs and never answers. */
function neverReady(name: EngineName): EngineRecord {
  const launch = {
    command: process.execPath,
    args: ['-e', 'setInterval(() => undefined, 1_000)'],
    cwd: dataFolder,
    logFile: path.join(dataFolder, `${name}.log`),
  };
  return { launch, host: '127.0.0.1', ports: { client: NO_PORT }, from: 'a test' };
}

async function untilLaunched(name: EngineName): Promise<void> {
  const runs = () => {
    const running = readState(dataFolder)?.engines[name]?.process;
    return running !== undefined && isAlive(running);
  };
  expect(await waitUntil(runs, { timeoutMs: 60_000 })).toBe(true);
}

it('controls one engine while another is on its way up', async () => {
  const restarts = [OTHER, STARTING].map((name) =>
    restartEngine(dataFolder, name).then(
      () => 'answers',
      (error: unknown) => String(error),
    ),
  );
  await untilLaunched(OTHER);
  await untilLaunched(STARTING);
  await pauseEngine(dataFolder, OTHER);
  await resumeEngine(dataFolder, OTHER);
  for (const name of [OTHER, STARTING]) await killEngine(dataFolder, name);
  expect(await Promise.all(restarts)).toEqual([
    expect.stringContaining('its process ended'),
    expect.stringContaining('its process ended'),
  ]);
});
