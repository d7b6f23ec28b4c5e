import { clusterEngines } from '../cassandra-nodes.ts';
import type { EngineName } from '../engine-types.ts';
import { engineNames } from '../engine-types.ts';
import type { EngineState } from '../engine-state.ts';
import { isAlive, isPaused } from '../process-identity.ts';
import { answers, endProcess, markedProcesses } from './engine-process.ts';

async function stillServes(state: EngineState, name: EngineName): Promise<boolean> {
  const record = state.engines[name];
  if (record?.process === undefined || !isAlive(record.process) || isPaused(record.process)) return false;
  return answers(name, record);
}

/**
 * Cleans up after an earlier start of this data folder, whether that start was stopped, was killed or is alive. Answers
 * with the engines that serve, and ends every other process that carries the folder's mark. Touches no other process.
 */
export async function recoverEngines(
  dataFolder: string,
  state: EngineState,
  nodesPerRegion: number,
  areApart: boolean,
): Promise<ReadonlySet<EngineName>> {
  const serving = await Promise.all(engineNames.map((name) => stillServes(state, name)));
  const kept = new Set(engineNames.filter((_, index) => serving[index]));
  // A node can only join other nodes on the same ports. If these ports are taken by now, all nodes have to move.
  const cluster = clusterEngines(nodesPerRegion, areApart);
  if (!cluster.every((name) => kept.has(name))) for (const name of cluster) kept.delete(name);
  await endAllBut(kept, dataFolder, state);
  return kept;
}

/** Ends every process of the data folder except the engines `kept`, and removes the ended engines from the state. */
export async function endAllBut(
  kept: ReadonlySet<EngineName>,
  dataFolder: string,
  state: EngineState,
): Promise<void> {
  const recorded = engineNames.flatMap((name) => state.engines[name]?.process ?? []);
  const keptPids = new Set([...kept].map((name) => state.engines[name]?.process?.pid));
  const found = new Map(
    [...recorded, ...markedProcesses(dataFolder)].map((identity) => [identity.pid, identity]),
  );
  await Promise.all([...found.values()].filter(({ pid }) => !keptPids.has(pid)).map(endProcess));
  for (const name of engineNames) if (!kept.has(name)) delete state.engines[name]?.process;
}
