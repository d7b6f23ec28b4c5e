import type { Random } from '../system/random.ts';

/** What is done to the read side. */
export const FAULT_KINDS = [
  'kill-before-commit',
  'kill-while-writing',
  'duplicate-batches',
  'zombie',
  'join-and-leave',
  'reset-offsets',
  'republish',
  'late-write',
  'lost-write',
  'kill-kafka',
  'stop-home-store',
  'stop-remote-store',
  'empty-kafka',
  'kill-projector',
  'unknown-type-then-upgrade',
  'park-and-retry',
] as const;

/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault, and after which pause. */
export interface Fault {
  readonly kind: FaultKind;
  /** How long the system is left alone before it. */
  readonly pauseMs: number;
  /** How long what is killed stays away, what is paused sleeps, what is held is held. */
  readonly lastsMs: number;
  /** Picks a projector, a replica, a range: whatever the kind needs. */
  readonly pick: number;
  /** Whether the load stops after it until all has been applied and compared; else the next one comes upon what it left. */
  readonly checked: boolean;
}

const LASTS_MS: Readonly<Record<FaultKind, { readonly min: number; readonly max: number }>> = {
  'kill-before-commit': { min: 0, max: 300 },
  'kill-while-writing': { min: 0, max: 300 },
  'duplicate-batches': { min: 0, max: 0 },
  // Longer than the session time-out: the group has given its partitions to others when it wakes.
  zombie: { min: 8_000, max: 9_000 },
  'join-and-leave': { min: 300, max: 1_500 },
  'reset-offsets': { min: 0, max: 0 },
  republish: { min: 0, max: 0 },
  // Longer than the driver waits for an answer: the write is tried again, and the first one lands after it.
  'late-write': { min: 3_500, max: 4_500 },
  'lost-write': { min: 3_500, max: 4_500 },
  'kill-kafka': { min: 100, max: 1_500 },
  'stop-home-store': { min: 1_000, max: 3_000 },
  'stop-remote-store': { min: 4_000, max: 7_000 },
  'empty-kafka': { min: 0, max: 0 },
  'kill-projector': { min: 0, max: 300 },
  'unknown-type-then-upgrade': { min: 2_000, max: 4_000 },
  'park-and-retry': { min: 1_000, max: 2_000 },
};
const PAUSE_MS = { min: 500, max: 1_500 };

/** So many rounds of faults, each kind once a round in an order of its own: the same seed gives the same ones. */
export function scheduleOf(
  random: Random,
  { rounds, kinds = FAULT_KINDS }: { readonly rounds: number; readonly kinds?: readonly FaultKind[] },
): readonly Fault[] {
  return Array.from({ length: rounds }, () => random.shuffled(kinds)).flatMap((round) =>
    round.map((kind) => ({
      kind,
      pauseMs: random.whole(PAUSE_MS.min, PAUSE_MS.max),
      lastsMs: random.whole(LASTS_MS[kind].min, LASTS_MS[kind].max),
      pick: random.whole(0, 0x7fff),
      checked: random.chance(0.5),
    })),
  );
}
