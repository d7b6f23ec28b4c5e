import {
  cassandraNodes,
  nodetool,
  pauseEngine,
  resumeEngine,
  setDistance,
  startEngines,
} from '@meridian/engines';
import type { ApartSystem } from './bench-system.ts';
import { systemOnOpen } from './open-engines.ts';

/** Starts open engines in a folder whose regions can be apart. Cassandra nodes keep no hints for others. */
export async function startApartSystem(
  dataFolder: string,
  profileFolder: string | undefined,
  signal?: AbortSignal,
): Promise<ApartSystem> {
  const engines = await startEngines({
    mode: 'local',
    dataFolder,
    compiler: 'full',
    distanceMs: 0,
    onProgress: ({ message }) => process.stderr.write(`  ${message}\n`),
    signal,
  });
  const nodesOf = (region: string) => cassandraNodes(1).filter((node) => node.region === region);
  for (const { name } of cassandraNodes(1)) await nodetool(dataFolder, name, ['disablehandoff']);
  return {
    ...systemOnOpen(engines, { dataFolder, profileFolder }),
    setDistance: (ms) => setDistance(dataFolder, ms),
    async whileAway(region, work) {
      for (const { name } of nodesOf(region)) await pauseEngine(dataFolder, name);
      try {
        await work();
      } finally {
        for (const { name } of nodesOf(region)) await resumeEngine(dataFolder, name);
      }
    },
  };
}
