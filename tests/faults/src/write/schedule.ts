import type { Random } from '../system/random.ts';
import { inWaves, lengthOf, mayMeet, spread, type Claims, type Placed, type Unit } from '../system/waves.ts';

/** What is done to the system. */
export const FAULT_KINDS = [
  'kill-replica',
  'stop-replica',
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

/** One fault of a wave. */
export interface Fault extends Placed {
  readonly kind: FaultKind;
  readonly replica: number;
  /** How long a killed engine or replica stays away, or a paused one sleeps. */
  readonly lastsMs: number;
}

/** Faults that overlap, and when the first of them begins after the start of the load. */
export interface Wave {
  readonly atMs: number;
  readonly faults: readonly Fault[];
}

const FIRST_MS = 2_000;
const GAP_MS = { min: 1_200, max: 3_000 };
/** Between two waves of a run that is too short for all kinds otherwise. */
const SHORTEST_GAP_MS = 150;
const LASTS_MS: Readonly<Record<FaultKind, { readonly min: number; readonly max: number }>> = {
  'kill-replica': { min: 100, max: 2_000 },
  'stop-replica': { min: 100, max: 2_000 },
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

/** Whether a fault is done to one of the replicas. */
export const harmsReplica = ({ kind }: Pick<Fault, 'kind'>): boolean => kind.endsWith('-replica');

/**
 * What a fault takes and needs. A proxy cuts one request at a time. For this, a replica must send the request, and the
 * engine must be there.
 */
export function claimsOf({ kind, replica }: Pick<Fault, 'kind' | 'replica'>): Claims {
  if (harmsReplica({ kind })) return { takes: [`replica ${replica}`], needs: [] };
  if (kind === 'kill-kafka') return { takes: ['kafka'], needs: [] };
  if (kind === 'kill-mysql') return { takes: ['mysql'], needs: [] };
  return kind.includes('produce')
    ? { takes: ['next produce'], needs: ['kafka'] }
    : { takes: ['next commit'], needs: ['mysql'] };
}

interface ScheduleOptions {
  readonly seconds: number;
  readonly replicas: number;
  readonly only?: readonly Unit<FaultKind>[];
}

/**
 * Faults for so long, in waves that come one after the other; those of a wave overlap. The same seed gives the same
 * ones. The first round has every kind once, in an order of its own, however short the time is. If the time is too
 * short for it, the gaps between waves shrink. One replica at least is left alone at any time. `only` takes these kinds
 * instead, again and again in this order: one a wave, or some that come together.
 */
export function scheduleOf(random: Random, { seconds, replicas, only }: ScheduleOptions): readonly Wave[] {
  if (only?.length === 0) return [];
  const untilMs = seconds * 1_000;
  const round = () =>
    (only ? inOrder(random, only, replicas) : mixed(random, replicas)).map((faults) => ({
      faults: spread(random, faults),
      gapMs: random.whole(GAP_MS.min, GAP_MS.max),
    }));
  const first = round();
  const waves = placed(first, FIRST_MS, only ? 1 : shrinkage(first, untilMs));
  for (;;) {
    const last = waves.at(-1);
    if (!last || last.nextMs + SHORTEST_GAP_MS > untilMs) break;
    waves.push(...placed(round(), last.nextMs, 1));
  }
  const count = only ? 0 : first.length;
  return waves.filter(({ wave }, index) => index < count || wave.atMs < untilMs).map(({ wave }) => wave);
}

type Drawn = Omit<Fault, 'afterMs'>;

/** Every kind, mixed. */
function mixed(random: Random, replicas: number): readonly (readonly Drawn[])[] {
  return inWaves(random, random.shuffled(FAULT_KINDS), joining(random, replicas));
}

/** A wave for each. */
function inOrder(random: Random, units: readonly Unit<FaultKind>[], replicas: number) {
  const join = joining(random, replicas);
  return units.flatMap((unit) => inWaves(random, [unit], join));
}

/** Draws a fault that may be active together with others, and of which something is left to see. */
function joining(random: Random, replicas: number) {
  return (kind: FaultKind, wave: readonly Drawn[]): Drawn | undefined => {
    const lastsMs = random.whole(LASTS_MS[kind].min, LASTS_MS[kind].max);
    if (wave.length > 0 && [...wave, { lastsMs }].every((one) => one.lastsMs === 0)) return undefined;
    const harmed = wave.filter(harmsReplica).length;
    if (harmsReplica({ kind }) && harmed > 0 && harmed + 1 >= replicas) return undefined;
    const drawn = random
      .shuffled(Array.from({ length: replicas }, (_, replica) => ({ kind, replica, lastsMs })))
      .find((fault) => wave.every((other) => mayMeet(claimsOf(fault), claimsOf(other))));
    return drawn;
  };
}

type Gapped = Pick<Wave, 'faults'> & { readonly gapMs: number };

/** By how much gaps are to shrink so that all of some waves fall before a time. */
function shrinkage(waves: readonly Gapped[], untilMs: number): number {
  const lastMs = waves.reduce((sum, { faults }) => sum + lengthOf(faults), 0);
  const gapsMs = waves.reduce((sum, { gapMs }) => sum + gapMs, 0);
  return Math.min(1, Math.max(0, untilMs - FIRST_MS - lastMs) / gapsMs);
}

function placed(
  waves: readonly Gapped[],
  fromMs: number,
  shrunk: number,
): { readonly wave: Wave; readonly nextMs: number }[] {
  let atMs = fromMs;
  return waves.map(({ gapMs, faults }) => {
    const startMs = atMs;
    atMs += lengthOf(faults) + Math.max(SHORTEST_GAP_MS, Math.round(gapMs * shrunk));
    return { wave: { atMs: startMs, faults }, nextMs: atMs };
  });
}
