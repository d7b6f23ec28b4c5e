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

/** A parked aggregate, and where. */
export interface FoundParked {
  readonly owner: ParkingOwner;
  readonly aggregate: ParkedAggregate;
}

/** An event of a type that no projector that ran knew, kept for one that does, and where. */
export interface FoundDeferred {
  readonly owner: ParkingOwner;
  readonly event: DeferredOf;
}

/** What is parked, of every read model or of one, in every generation that was not dropped. */
export function findParked(generations: Generations, projector?: string): Promise<readonly FoundParked[]> {
  return inEveryGeneration(generations, projector, async ({ session }, owner) => {
    const { keyspace, generation } = owner;
    const aggregates = await parkedAggregates(session, keyspace, owner.projector, generation);
    return aggregates.map((aggregate) => ({ owner, aggregate }));
  });
}

/** The events of unknown types that are kept, likewise: their aggregates count as parked in what is answered. */
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

/** The same of one aggregate. Throws an error when nothing of it is parked. */
export async function findParkedAggregate(
  generations: Generations,
  projector: string,
  aggregateId: string,
): Promise<readonly FoundParked[]> {
  const all = await findParked(generations, projector);
  const found = all.filter(({ aggregate }) => aggregate.aggregateId === aggregateId);
  if (found.length > 0) return found;
  throw new CommanderError(1, 'meridian.notParked', `${projector} has nothing of ${aggregateId} parked`);
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
