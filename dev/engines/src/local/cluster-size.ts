import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_NODES } from '../cassandra-nodes.ts';
import { ClusterSizeError } from '../errors.ts';
import { hasCassandraData } from './cassandra-engine.ts';

const sizeFile = (dataFolder: string): string => join(dataFolder, 'cassandra-nodes-per-region');

const isPossible = (size: number): boolean => Number.isInteger(size) && size >= 1 && size <= MAX_NODES;

/** How many nodes per region the data was made with; undefined where there is none yet. */
function knownSize(dataFolder: string): number | undefined {
  const file = sizeFile(dataFolder);
  if (existsSync(file)) {
    const size = Number(readFileSync(file, 'utf8'));
    if (isPossible(size)) return size;
    throw new ClusterSizeError(`${file} does not hold a number from 1 to ${MAX_NODES}`);
  }
  // Data that is older than this file has one node per region.
  return hasCassandraData(dataFolder) ? 1 : undefined;
}

/**
 * How many Cassandra nodes each region of a data folder has: as many as at its first start, else as many as wanted, else
 * one. Throws ClusterSizeError when another number is wanted than the data has: nodes would hold rows that nobody reads.
 */
export function clusterSize(dataFolder: string, wanted: number | undefined): number {
  if (wanted !== undefined && !isPossible(wanted))
    throw new ClusterSizeError(`a region has 1 to ${MAX_NODES} Cassandra nodes here, not ${wanted}`);
  const known = knownSize(dataFolder);
  if (known === undefined || wanted === undefined || known === wanted) return known ?? wanted ?? 1;
  const has = known === 1 ? 'one Cassandra node' : `${known} Cassandra nodes`;
  throw new ClusterSizeError(
    `the data in ${dataFolder} was made with ${has} per region, not ${wanted}: ask for ${known} (--nodes ${known}), name another folder ` +
      'in MERIDIAN_STACK_FOLDER, or remove this one while nothing runs',
  );
}

/** Records how many nodes per region a data folder has. */
export function keepClusterSize(dataFolder: string, nodesPerRegion: number): void {
  writeFileSync(sizeFile(dataFolder), `${nodesPerRegion}\n`);
}
