import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type ContextName, type PartitionKey } from '@meridian/contracts';
import {
  createLimiter,
  type DeferredEvent,
  type Limiter,
  type ParkedAggregate,
  parkedAggregates,
  type PartitionProgress,
  readPartitionProgress,
  whatIsDeferred,
} from '@meridian/read-store';

/** What a process knows of a partition while it owns it. */
export interface PartitionState {
  readonly key: PartitionKey;
  readonly context: ContextName;
  readonly partition: number;
  /** How far the home region is: what is not above that is a duplicate. */
  applied: PartitionProgress;
  /** How far it was when this process took it over: what lies below was applied by others, what lies above by nobody else. */
  readonly takenOverAt: bigint;
  /** By region: how far it is. */
  readonly reached: Map<string, PartitionProgress>;
  /** By region: the last position that it may lack; a region that is not named has all that is applied. */
  readonly missed: Map<string, bigint>;
  /** By id: the aggregates whose events are quarantined. */
  readonly parked: Map<string, ParkedAggregate>;
  /**
   * By position: the events of unknown types that are kept for a later version. What is named here is never applied in its
   * turn, only late: nobody can tell afterwards whether it was.
   */
  readonly deferred: Map<bigint, DeferredEvent>;
  /** Batches and what operators ask for change the rows one at a time. */
  readonly mutex: Limiter;
}

/**
 * Notes that a partition is applied up to here in the home region, and which other regions have not acknowledged it: they may
 * lack it from now on. Gives the regions that have everything up to here.
 */
export function noteApplied(
  state: PartitionState,
  progress: PartitionProgress,
  acknowledged: ReadonlySet<string>,
  regions: readonly string[],
): readonly string[] {
  state.applied = progress;
  for (const region of regions) if (!acknowledged.has(region)) state.missed.set(region, progress.position);
  return regions.filter((region) => !state.missed.has(region));
}

/** Notes which of the regions have recorded a progress that is true of all of them. */
export function noteRecorded(
  state: PartitionState,
  progress: PartitionProgress,
  regions: readonly string[],
  recorded: ReadonlySet<string>,
): void {
  for (const region of regions) {
    const missed = state.missed.get(region) ?? 0n;
    if (recorded.has(region)) state.reached.set(region, progress);
    else if (missed < progress.position) state.missed.set(region, progress.position);
  }
}

/** Up to where a region's progress is recorded: what is not above that comes to nobody again. */
export function recordedAt({ reached }: Pick<PartitionState, 'reached'>, region: string): bigint {
  return reached.get(region)?.position ?? 0n;
}

/** The states of the partitions that a process owns. */
export interface PartitionStates {
  /** Reads it from the store, the first time. */
  get(context: ContextName, partition: number): Promise<PartitionState>;
  /** Those that were read. */
  loaded(): readonly PartitionState[];
  /** Forgets all: they may be another process' by now. */
  forget(): void;
}

/** Whose states, and where they are kept. */
export interface PartitionStatesOptions {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
  /** The home region first. */
  readonly regions: readonly string[];
}

interface Snapshot {
  readonly progress: ReadonlyMap<string, readonly PartitionProgress[]>;
  readonly parked: readonly ParkedAggregate[];
}

/** Makes the states; none is read yet. Partitions that are asked for at the same time are read together. */
export function createPartitionStates(options: PartitionStatesOptions): PartitionStates {
  const { session, regions, ...owner } = options;
  let loading = new Map<PartitionKey, Promise<PartitionState>>();
  let states = new Map<PartitionKey, PartitionState>();
  let snapshot: Promise<Snapshot> | undefined;

  async function load(context: ContextName, partition: number): Promise<PartitionState> {
    snapshot ??= readSnapshot(options).finally(() => (snapshot = undefined));
    const { progress, parked } = await snapshot;
    const deferred = await whatIsDeferred(session, owner, { context, partition });
    const isThis = (one: { context: string; partition: number }) =>
      one.context === context && one.partition === partition;
    const found = regions.map((region) => [region, progress.get(region)?.find(isThis)] as const);
    const reached = new Map(found.flatMap(([region, one]) => (one ? [[region, one] as const] : [])));
    const nothing = { context, partition, position: 0n, eventTime: new Date(0) };
    const applied = reached.get(regions[0] ?? '') ?? nothing;
    const behind = regions.filter((region) => (reached.get(region)?.position ?? 0n) < applied.position);
    return {
      ...{ key: partitionKey(context, partition), context, partition, applied, reached, deferred },
      takenOverAt: applied.position,
      missed: new Map(behind.map((region) => [region, applied.position])),
      parked: new Map(parked.filter(isThis).map((one) => [one.aggregateId, one])),
      mutex: createLimiter(1),
    };
  }

  return {
    get(context, partition) {
      const key = partitionKey(context, partition);
      let state = loading.get(key);
      if (!state) {
        const [mine, theirs] = [loading, states];
        state = load(context, partition);
        loading.set(key, state);
        state.then(
          (one) => theirs.set(key, one),
          () => mine.delete(key),
        );
      }
      return state;
    },
    loaded: () => [...states.values()],
    forget() {
      loading = new Map();
      states = new Map();
      snapshot = undefined;
    },
  };
}

async function readSnapshot(options: PartitionStatesOptions): Promise<Snapshot> {
  const { session, keyspace, projector, generation, regions } = options;
  const progress = regions.map(async (region) => {
    const owner = { projector, generation, region };
    return [region, await readPartitionProgress(session, keyspace, owner)] as const;
  });
  const found = new Map(await Promise.all(progress));
  // Only then: what is parked is recorded before the progress that passes it, so that it is seen by who sees that progress.
  return { progress: found, parked: await parkedAggregates(session, keyspace, projector, generation) };
}
