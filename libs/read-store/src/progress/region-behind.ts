import type { PartitionKey, Positions } from '@meridian/contracts';

/** A position that a region has not reached. */
export interface MissingPosition {
  readonly key: PartitionKey;
  readonly required: bigint;
  readonly applied: bigint;
}

/** The region had not applied what was asked for when time ran out. Nothing is lost: ask again, or ask another region. */
export class RegionBehindError extends Error {
  override readonly name = 'RegionBehindError';
  readonly region: string;
  readonly missing: readonly MissingPosition[];
  constructor(region: string, missing: readonly MissingPosition[]) {
    const list = missing
      .map(({ key, required, applied }) => `${key} is at ${applied} of ${required}`)
      .join(', ');
    super(`region ${region} has not applied what the token names: ${list}`);
    this.region = region;
    this.missing = missing;
  }
}

/** What of the required positions has not been applied. */
export function missingOf(required: Positions, applied: Positions): readonly MissingPosition[] {
  return [...required]
    .map(([key, position]) => ({ key, required: position, applied: applied.get(key) ?? 0n }))
    .filter((entry) => entry.applied < entry.required);
}
