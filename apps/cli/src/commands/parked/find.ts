import {
  parkedAggregates,
  readRegister,
  type GenerationStore,
  type ParkedAggregate,
  type ParkingOwner,
} from '@meridian/projection';
import { CommanderError } from 'commander';
import { PROJECTIONS, type Generations } from '../projections/store.ts';

/** A parked aggregate, and where. */
export interface FoundParked {
  readonly owner: ParkingOwner;
  readonly aggregate: ParkedAggregate;
}

/** What is parked, of every read model or of one, in every generation that was not dropped. */
export async function findParked({ of }: Generations, projector?: string): Promise<readonly FoundParked[]> {
  const names = PROJECTIONS.map(({ name }) => name).filter((name) => !projector || name === projector);
  const found = await Promise.all(names.map((name) => findIn(of(name))));
  return found.flat();
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

async function findIn({ session, keyspace, projector }: GenerationStore): Promise<readonly FoundParked[]> {
  const register = await readRegister(session, keyspace, projector);
  const generations = (register?.generations ?? []).filter(({ droppedAt }) => !droppedAt);
  const found = await Promise.all(
    generations.map(async ({ generation }) => {
      const aggregates = await parkedAggregates(session, keyspace, projector, generation);
      return aggregates.map((aggregate) => ({ owner: { keyspace, projector, generation }, aggregate }));
    }),
  );
  return found.flat();
}
