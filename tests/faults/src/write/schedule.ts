import type { Random } from '../system/random.ts';

/** What is done to the system. */
export const FAULT_KINDS = [
  'kill-replica',
  'pause-replica',
  'kill-kafka',
  'kill-mysql',
  'cut-commit-before',
  'cut-commit-after',
  'cut-produce-before',
  'cut-produce-after',
] as const;

/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault, and when. */
export interface Fault {
  /** After the start of the load. */
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly replica: number;
  /** How long a killed engine or replica stays away, or a paused one sleeps. */
  readonly lastsMs: number;
}

const FIRST_MS = 2_000;
const GAP_MS = { min: 1_200, max: 3_000 };
const LASTS_MS: Readonly<Record<FaultKind, { readonly min: number; readonly max: number }>> = {
  'kill-replica': { min: 100, max: 2_000 },
  // Longer than a lease: another replica takes over meanwhile.
  'pause-replica': { min: 3_000, max: 4_500 },
  'kill-kafka': { min: 100, max: 2_000 },
  'kill-mysql': { min: 100, max: 1_000 },
  'cut-commit-before': { min: 0, max: 0 },
  'cut-commit-after': { min: 0, max: 0 },
  'cut-produce-before': { min: 0, max: 0 },
  'cut-produce-after': { min: 0, max: 0 },
};

/**
 * Faults for so long, one after the other: the same seed gives the same ones. The first round has every kind once, in an
 * order of its own, so that a short run misses none; `only` takes these kinds again and again instead.
 */
export function scheduleOf(
  random: Random,
  {
    seconds,
    replicas,
    only,
  }: { readonly seconds: number; readonly replicas: number; readonly only?: readonly FaultKind[] },
): readonly Fault[] {
  const faults: Fault[] = [];
  let round: FaultKind[] = [];
  let atMs = FIRST_MS;
  while (atMs < seconds * 1_000 && only?.length !== 0) {
    if (round.length === 0) round = only ? [...only] : random.shuffled(FAULT_KINDS);
    const kind = round.shift();
    if (!kind) break;
    const { min, max } = LASTS_MS[kind];
    const lastsMs = random.whole(min, max);
    faults.push({ atMs, kind, replica: random.whole(0, replicas - 1), lastsMs });
    atMs += lastsMs + random.whole(GAP_MS.min, GAP_MS.max);
  }
  return faults;
}
