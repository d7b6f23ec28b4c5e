import { MAX_NODES, MOST_DISTANCE_MS } from '@meridian/engines';
import { InvalidArgumentError } from 'commander';

/** Reads a whole number from 1 to a million. Throws InvalidArgumentError for anything else. */
export function wholeNumber(text: string): number {
  return numberWithin(text, 1, 1_000_000, 'must be a whole number, 1 or more');
}

/** Reads how many milliseconds the regions are apart. Throws InvalidArgumentError for what they cannot be. */
export function distanceMs(text: string): number {
  return numberWithin(text, 0, MOST_DISTANCE_MS);
}

/** Reads how many Cassandra nodes a region has. Throws InvalidArgumentError for what there cannot be. */
export function nodeNumber(text: string): number {
  return numberWithin(text, 1, MAX_NODES);
}

function numberWithin(
  text: string,
  least: number,
  most: number,
  told = `must be a whole number from ${least} to ${most}`,
): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new InvalidArgumentError(told);
  return value;
}
