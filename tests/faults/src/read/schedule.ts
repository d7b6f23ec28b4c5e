import type { Random } from '../system/random.ts';
import { inWaves, mayMeet, spread, type Claims, type Placed, type Unit } from '../system/waves.ts';
import { contextsOf, processesOf, PROJECTOR_NAMES, type ProjectorName } from './projectors.ts';

/** What is done to the read side. */
export const FAULT_KINDS = [
  'kill-before-commit',
  'kill-while-writing',
  'duplicate-batches',
  'zombie',
  'join-and-leave',
  'stop-projector',
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

/**
 * What is done to some of the nodes of a region, where it has several; which region and which nodes is picked. The other kinds
 * take a region's nodes all at once.
 */
export const NODE_FAULT_KINDS = ['kill-node', 'pause-node', 'two-nodes-away', 'slow-node'] as const;

/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number] | (typeof NODE_FAULT_KINDS)[number];

/** Nobody may notice these where a region has three nodes: they come alone, so that nothing else explains an error. */
export const UNNOTICED_KINDS: readonly FaultKind[] = ['kill-node', 'pause-node'];

/** Only these leave events parked or deferred for a while. */
export const PARKING_KINDS: readonly FaultKind[] = ['unknown-type-then-upgrade', 'park-and-retry'];

/** Every kind of fault where a region has so many nodes. */
export function kindsFor(nodesPerRegion: number): readonly FaultKind[] {
  return nodesPerRegion < LEAST_NODES ? FAULT_KINDS : [...FAULT_KINDS, ...NODE_FAULT_KINDS];
}

/** With fewer nodes, a quorum needs all of them. */
const LEAST_NODES = 3;

/** One fault of a wave. */
export interface Fault extends Placed {
  readonly kind: FaultKind;
  /** How long what is killed stays away, what is paused sleeps, what is held is held. */
  readonly lastsMs: number;
  /** The process that is harmed, as an index of all projectors' replicas; of the kinds that harm one. */
  readonly replica: number;
  /** The read model whose processes are harmed, all of them; of the kinds that harm all. */
  readonly projector: ProjectorName;
  /** Picks a shard, a range: whatever the kind needs. */
  readonly pick: number;
}

/** Faults that overlap, and after which pause. */
export interface Wave {
  readonly faults: readonly Fault[];
  /** How long the system is left alone before it. */
  readonly pauseMs: number;
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
  'stop-projector': { min: 300, max: 2_500 },
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
  'kill-node': { min: 4_000, max: 6_000 },
  'pause-node': { min: 4_000, max: 6_000 },
  'two-nodes-away': { min: 4_000, max: 6_000 },
  'slow-node': { min: 8_000, max: 12_000 },
};
const ALL_PROCESSES = processesOf(PROJECTOR_NAMES);
const PAUSE_MS = { min: 500, max: 1_500 };

/**
 * These two faults always come together. A projector is told to stop while a region is away, and the next owner has to
 * do what it left undone there. The stop comes while its first writes still wait for that region's answer. Later writes
 * know that the region is away.
 */
const TOGETHER: readonly FaultKind[] = ['stop-remote-store', 'stop-projector'];
const FIRST_WRITES_MS = 1_500;
/** The read model with the most totals, which are written only when they change, is stopped in two of three. */
const MOST_TOTALS: ProjectorName = 'sales';

const HARMS_REPLICA: readonly FaultKind[] = [
  ...(['kill-before-commit', 'kill-while-writing', 'kill-projector', 'zombie'] as const),
  ...(['join-and-leave', 'late-write', 'lost-write'] as const),
];
const HARMS_STORES: readonly FaultKind[] = [
  ...(['stop-home-store', 'stop-remote-store', 'two-nodes-away', 'slow-node'] as const),
];
const HARMS_PROJECTOR: readonly FaultKind[] = ['stop-projector', 'reset-offsets'];
const NEEDS: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  'duplicate-batches': ['kafka'],
  republish: ['kafka'],
  'reset-offsets': ['kafka'],
  // What is retried is written in every region before the command says so.
  'park-and-retry': ['kafka', 'stores'],
  // A write can be held or lost when it is sent: to a store that is there, of what comes from Kafka.
  'late-write': ['stores', 'kafka'],
  'lost-write': ['stores', 'kafka'],
  'kill-while-writing': ['stores', 'kafka'],
  'kill-before-commit': ['kafka'],
};

interface ScheduleOptions {
  readonly rounds: number;
  readonly kinds?: readonly FaultKind[];
  /** The read model of each process that runs. */
  readonly processes?: readonly ProjectorName[];
}

/**
 * So many rounds of faults in waves that come one after the other. Each round has each kind once, in an order of its own;
 * the faults of a wave overlap. The same seed gives the same ones. One of both stores, and the command service, are
 * always there, except while Kafka is emptied as the runbook says.
 */
export function scheduleOf(
  random: Random,
  { rounds, kinds = FAULT_KINDS, processes = ALL_PROCESSES }: ScheduleOptions,
): readonly Wave[] {
  const together = TOGETHER.every((kind) => kinds.includes(kind)) ? TOGETHER : [];
  const units: readonly Unit<FaultKind>[] = [
    ...(together.length > 0 ? [together] : []),
    ...kinds.filter((kind) => !together.includes(kind)),
  ];
  const join = joining(random, processes);
  return Array.from({ length: rounds }, () => inWaves(random, random.shuffled(units), join))
    .flat()
    .map((faults) => ({
      faults: stoppedSoon(random, spread(random, faults)),
      pauseMs: random.whole(PAUSE_MS.min, PAUSE_MS.max),
      checked: random.chance(0.5),
    }));
}

function stoppedSoon(random: Random, faults: readonly Fault[]): readonly Fault[] {
  if (!TOGETHER.every((kind) => faults.some((fault) => fault.kind === kind))) return faults;
  const afterMs = random.whole(0, FIRST_WRITES_MS);
  return faults.map((fault) => (fault.kind === 'stop-projector' ? { ...fault, afterMs } : fault));
}

type Drawn = Omit<Fault, 'afterMs'>;

/** What a fault takes and needs, where these processes run. */
export function claimsOf(
  { kind, replica, projector }: Pick<Fault, 'kind' | 'replica' | 'projector'>,
  processes: readonly ProjectorName[] = ALL_PROCESSES,
): Claims {
  const names = processes.map((_, index) => `process ${index}`);
  const needs = NEEDS[kind] ?? [];
  const takes = (...taken: readonly string[]): Claims => ({ takes: taken, needs });
  if (UNNOTICED_KINDS.includes(kind)) return takes('kafka', 'stores', ...names);
  if (HARMS_REPLICA.includes(kind)) return takes(`process ${replica}`);
  if (kind === 'kill-kafka') return takes('kafka');
  // One of both at a time: with both away nobody could be asked.
  if (HARMS_STORES.includes(kind)) return takes('stores');
  if (kind === 'empty-kafka') return takes('kafka', ...names);
  if (kind === 'duplicate-batches' || kind === 'republish') return takes();
  return takes(...names.filter((_, index) => processes[index] === projector));
}

/** Draws a fault that may be active together with others, of which one lasts. */
function joining(random: Random, processes: readonly ProjectorName[]) {
  const projectors = [...new Set(processes)];
  return (kind: FaultKind, wave: readonly Drawn[]): Drawn | undefined => {
    const fault = {
      kind,
      lastsMs: random.whole(LASTS_MS[kind].min, LASTS_MS[kind].max),
      pick: random.whole(0, 0x7fff),
    };
    if (wave.length > 0 && [...wave, fault].every(({ lastsMs }) => lastsMs === 0)) return undefined;
    const [first] = projectors;
    if (first === undefined) throw new Error('there is no projector');
    const targets = HARMS_REPLICA.includes(kind)
      ? random.shuffled(processes.map((projector, replica) => ({ projector, replica })))
      : targetsOf(random, kind, projectors).map((projector) => ({ projector, replica: 0 }));
    return targets
      .map((target) => ({ ...fault, ...target }))
      .find((drawn) =>
        wave.every((other) => mayMeet(claimsOf(drawn, processes), claimsOf(other, processes))),
      );
  };
}

/** The read models that a kind may harm, the one to take first. */
function targetsOf(
  random: Random,
  kind: FaultKind,
  projectors: readonly ProjectorName[],
): readonly ProjectorName[] {
  const shuffled = random.shuffled(projectors);
  if (PARKING_KINDS.includes(kind)) {
    const fed = shuffled.filter((name) => contextsOf(name).includes('orders'));
    if (fed.length === 0) throw new Error('orders feed none of the projectors that run');
    return fed;
  }
  if (!HARMS_PROJECTOR.includes(kind)) return shuffled.slice(0, 1);
  const prefersTotals = kind === 'stop-projector' && random.chance(2 / 3);
  return prefersTotals
    ? shuffled.toSorted((a, b) => Number(b === MOST_TOTALS) - Number(a === MOST_TOTALS))
    : shuffled;
}

/** A fault with what it harms, for people. */
export function nameOf(
  { kind, replica, projector }: Pick<Fault, 'kind' | 'replica' | 'projector'>,
  processes: readonly ProjectorName[],
): string {
  if (HARMS_REPLICA.includes(kind)) return `${kind} ${projector}-${replica - processes.indexOf(projector)}`;
  return [...HARMS_PROJECTOR, ...PARKING_KINDS].includes(kind) ? `${kind} ${projector}` : kind;
}
