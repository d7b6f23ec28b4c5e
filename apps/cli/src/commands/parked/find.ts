import { PROJECTIONS } from '@meridian/read-models';
import {
  deferredAbove,
  deferredMarks,
  type DeferredOf,
  type GenerationStore,
  type ParkedAggregate,
  parkedAggregates,
  type ParkingOwner,
  readRegister,
} from '@meridian/read-store';
import { CommanderError } from 'commander';
import { type Generations } from '../projections/store.ts';

/** A parked aggregate, and where it is parked. */
export interface FoundParked {
  readonly owner: ParkingOwner;
  readonly aggregate: ParkedAggregate;
}

/** A deferred event, of a type that the projector did not know, and where it is stored. */
export interface FoundDeferred {
  readonly owner: ParkingOwner;
  readonly event: DeferredOf;
}

/** All parked aggregates, of every read model or of one, in every generation that was not dropped. */
export function findParked(generations: Generations, projector?: string): Promise<readonly FoundParked[]> {
  return inEveryGeneration(generations, projector, async ({ session }, owner) => {
    const { keyspace, generation } = owner;
    const aggregates = await parkedAggregates(session, keyspace, owner.projector, generation);
    return aggregates.map((aggregate) => ({ owner, aggregate }));
  });
}

/** All deferred events, of the same read models and generations. Answers count their aggregates as parked. */
export function findDeferred(
  generations: Generations,
  projector?: string,
): Promise<readonly FoundDeferred[]> {
  return inEveryGeneration(generations, projector, async ({ session }, owner) => {
    const marks = await deferredMarks(session, owner);
    const events = await Promise.all(marks.map((mark) => deferredAbove(session, owner, mark, 0n)));
    return events.flat().map((event) => ({ owner, event }));
  });
}

/** The parked events of one aggregate, in every generation. Throws an error when the aggregate is not parked. */
export async function findParkedAggregate(
  generations: Generations,
  projector: string,
  aggregateId: string,
): Promise<readonly FoundParked[]> {
  const all = await findParked(generations, projector);
  const found = all.filter(({ aggregate }) => aggregate.aggregateId === aggregateId);
  if (found.length > 0) return found;
  throw new CommanderError(
    1,
    'meridian.notParked',
    `${projector} has no parked events of ${aggregateId}: see meridian parked list`,
  );
}

async function inEveryGeneration<Found>(
  { of }: Generations,
  projector: string | undefined,
  find: (store: GenerationStore, owner: ParkingOwner) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  const names = PROJECTIONS.map(({ name }) => name).filter((name) => !projector || name === projector);
  const found = await Promise.all(
    names.map(async (name) => {
      const store = of(name);
      const register = await readRegister(store.session, store.keyspace, name);
      const kept = (register?.generations ?? []).filter(({ droppedAt }) => !droppedAt);
      const { keyspace } = store;
      return Promise.all(
        kept.map(({ generation }) => find(store, { keyspace, projector: name, generation })),
      );
    }),
  );
  return found.flat(2);
}
