import type { Random } from '../system/random.ts';

/** What is done to the system. */
export const FAULT_KINDS = [
  'kill-replica',
  'pause-replica',
  'kill-kafka',
  'kill-mysql',
  'cut-commit-before',
  'cut-commit-after',
  'late-commit',
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
/** Between two faults of a run that is too short for all kinds otherwise. */
const SHORTEST_GAP_MS = 150;
const LASTS_MS: Readonly<Record<FaultKind, { readonly min: number; readonly max: number }>> = {
  'kill-replica': { min: 100, max: 2_000 },
  // Longer than a lease: another replica takes over meanwhile.
  'pause-replica': { min: 3_000, max: 4_500 },
  'kill-kafka': { min: 100, max: 2_000 },
  'kill-mysql': { min: 100, max: 1_000 },
  'cut-commit-before': { min: 0, max: 0 },
  'cut-commit-after': { min: 0, max: 0 },
  // Longer than the replica takes to look what became of its commit.
  'late-commit': { min: 1_000, max: 2_000 },
  'cut-produce-before': { min: 0, max: 0 },
  'cut-produce-after': { min: 0, max: 0 },
};

/**
 * Faults for so long, one after the other: the same seed gives the same ones. The first round has every kind once, in an
 * order of its own, whatever the time: where that is short for it, the gaps between them shrink. `only` takes these kinds again
 * and again instead.
 */
export function scheduleOf(
  random: Random,
  {
    seconds,
    replicas,
    only,
  }: { readonly seconds: number; readonly replicas: number; readonly only?: readonly FaultKind[] },
): readonly Fault[] {
  if (only?.length === 0) return [];
  const untilMs = seconds * 1_000;
  const drawn = (kinds: readonly FaultKind[]) => kinds.map((kind) => drawFault(random, kind, replicas));
  const first = drawn(only ?? random.shuffled(FAULT_KINDS));
  const faults = placed(first, FIRST_MS, only ? 1 : shrinkage(first, untilMs));
  for (;;) {
    const last = faults.at(-1);
    if (!last || last.nextMs + SHORTEST_GAP_MS > untilMs) break;
    faults.push(...placed(drawn(only ?? random.shuffled(FAULT_KINDS)), last.nextMs, 1));
  }
  const count = only ? 0 : first.length;
  return faults.filter(({ fault }, index) => index < count || fault.atMs < untilMs).map(({ fault }) => fault);
}

type Drawn = Omit<Fault, 'atMs'> & { readonly gapMs: number };

function drawFault(random: Random, kind: FaultKind, replicas: number): Drawn {
  const lastsMs = random.whole(LASTS_MS[kind].min, LASTS_MS[kind].max);
  return {
    ...{ kind, replica: random.whole(0, replicas - 1), lastsMs },
    gapMs: random.whole(GAP_MS.min, GAP_MS.max),
  };
}

/** By how much gaps are to shrink so that all of some faults fall before a time. */
function shrinkage(faults: readonly Drawn[], untilMs: number): number {
  const lastMs = faults.reduce((sum, { lastsMs }) => sum + lastsMs, 0);
  const gapsMs = faults.reduce((sum, { gapMs }) => sum + gapMs, 0);
  return Math.min(1, Math.max(0, untilMs - FIRST_MS - lastMs) / gapsMs);
}

function placed(
  faults: readonly Drawn[],
  fromMs: number,
  shrunk: number,
): { readonly fault: Fault; readonly nextMs: number }[] {
  let atMs = fromMs;
  return faults.map(({ gapMs, ...fault }) => {
    const startMs = atMs;
    atMs += fault.lastsMs + Math.max(SHORTEST_GAP_MS, Math.round(gapMs * shrunk));
    return { fault: { atMs: startMs, ...fault }, nextMs: atMs };
  });
}
