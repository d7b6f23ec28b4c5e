import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type ContextName, type PartitionKey } from '@meridian/contracts';
import {
  type DiscardedMark,
  discardedMarks,
  type Marks,
  type ParkedAggregate,
  parkedAggregates,
  type PartitionProgress,
  quarantineMarks,
  readPartitionProgress,
  whatIsDeferred,
} from '@meridian/read-store';
import { PartitionState } from './partition-state.ts';

/** The states of the partitions that a process owns. */
export interface PartitionStates {
  /** The state of a partition. The first call reads the state from the store. */
  get(context: ContextName, partition: number): Promise<PartitionState>;
  /** The states that were read so far. */
  loaded(): readonly PartitionState[];
  /** Forgets a state that is not true any more. The next `get` of its partition reads the store. */
  drop(state: PartitionState): void;
  /** Forgets all states: other processes may own the partitions by now. */
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
  readonly discarded: readonly DiscardedMark[];
  readonly marks: Marks;
}

/** Begins with no state read. Partitions that are asked for at the same time are read together. */
export function createPartitionStates(options: PartitionStatesOptions): PartitionStates {
  const { session, regions, ...owner } = options;
  let loading = new Map<PartitionKey, Promise<PartitionState>>();
  let states = new Map<PartitionKey, PartitionState>();
  let snapshot: Promise<Snapshot> | undefined;

  async function load(context: ContextName, partition: number): Promise<PartitionState> {
    snapshot ??= readSnapshot(options).finally(() => (snapshot = undefined));
    const { progress, parked, discarded, marks } = await snapshot;
    const deferred = await whatIsDeferred(session, owner, { context, partition });
    const isThis = (one: { context: string; partition: number }) =>
      one.context === context && one.partition === partition;
    const lastOf = (all: readonly DiscardedMark[]) => all.find(isThis)?.lastPosition ?? 0n;
    const found = regions.map((region) => [region, progress.get(region)?.find(isThis)] as const);
    const acked = new Map(found.flatMap(([region, one]) => (one ? [[region, one] as const] : [])));
    return new PartitionState({
      context,
      partition,
      regions,
      acked,
      parked: parked.filter(isThis),
      deferred,
      marks: {
        parkedUpTo: lastOf(marks.parked),
        deferredUpTo: lastOf(marks.deferred),
        discardedUpTo: lastOf(discarded),
      },
    });
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
    drop(state) {
      if (states.get(state.key) !== state) return;
      states.delete(state.key);
      loading.delete(state.key);
    },
    forget() {
      loading = new Map();
      states = new Map();
      snapshot = undefined;
    },
  };
}

async function readSnapshot(options: PartitionStatesOptions): Promise<Snapshot> {
  const { session, keyspace, projector, generation, regions } = options;
  const progressOf = async (region: string) => {
    const owner = { projector, generation, region };
    return [region, await readPartitionProgress(session, keyspace, owner)] as const;
  };
  const [home = '', ...others] = regions;
  // Home first: a fill records home last. So no region is found behind home that is not, while another process records both.
  const found = new Map([await progressOf(home)]);
  for (const [region, progress] of await Promise.all(others.map(progressOf))) found.set(region, progress);
  // What is parked is read after the progress. It is recorded before the progress that passes the events, so none is overlooked.
  const owner = { keyspace, projector, generation };
  const [parked, discarded, marks] = await Promise.all([
    parkedAggregates(session, keyspace, projector, generation),
    discardedMarks(session, owner),
    quarantineMarks(session, owner),
  ]);
  return { progress: found, parked, discarded, marks };
}
