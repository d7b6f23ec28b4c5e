import { InvalidArgumentError } from 'commander';

/** Reads a whole number from 1 to a million. Throws InvalidArgumentError for anything else. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('must be a whole number from 1 on');
  return value;
}
