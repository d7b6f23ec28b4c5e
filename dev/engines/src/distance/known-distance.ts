import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DistanceError } from '../errors.ts';

/** Between two places on earth it takes less. */
export const MOST_DISTANCE_MS = 1_000;

const distanceFile = (dataFolder: string): string => join(dataFolder, 'cassandra-distance-ms');

/** Whether regions can be so many milliseconds apart. */
export const isPossible = (ms: number): boolean => Number.isFinite(ms) && ms >= 0 && ms <= MOST_DISTANCE_MS;

/** Throws DistanceError for a distance that regions cannot have. */
export function checkDistance(ms: number): void {
  if (!isPossible(ms))
    throw new DistanceError(`regions are 0 to ${MOST_DISTANCE_MS} ms apart here, not ${ms}`);
}

function knownDistance(dataFolder: string): number | undefined {
  const file = distanceFile(dataFolder);
  if (!existsSync(file)) return undefined;
  const ms = Number(readFileSync(file, 'utf8').trim() || Number.NaN);
  if (isPossible(ms)) return ms;
  throw new DistanceError(`${file} does not hold a number from 0 to ${MOST_DISTANCE_MS}`);
}

/**
 * The distance between the regions of a data folder: the wanted one, else the last one, else none. Throws DistanceError
 * when a distance is wanted for data that was made without one: its nodes know each other by other addresses.
 */
export function distanceOf(
  dataFolder: string,
  wanted: number | undefined,
  hasData: boolean,
): number | undefined {
  if (wanted !== undefined) checkDistance(wanted);
  const known = knownDistance(dataFolder);
  if (wanted === undefined || known !== undefined || !hasData) return wanted ?? known;
  throw new DistanceError(
    `the data in ${dataFolder} was made without a distance between its regions: leave it out (--distance), name another ` +
      'folder in MERIDIAN_STACK_FOLDER, or remove this one while nothing runs',
  );
}

/** Records the distance between the regions of a data folder. */
export function keepDistance(dataFolder: string, ms: number): void {
  writeFileSync(distanceFile(dataFolder), `${ms}\n`);
}
