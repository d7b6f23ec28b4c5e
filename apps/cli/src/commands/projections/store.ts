import type { CassandraSession } from '@meridian/cassandra';
import type { Projection } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import type { GenerationStore } from '@meridian/read-store';
import { CommanderError } from 'commander';
import { cassandraOf } from '../../engine-connections.ts';
import { readersOf, type ReaderOptions, type ReaderStores } from '../../engine-stores.ts';
import { regionsOf } from '../../keyspace-regions.ts';

/** The projection of a name. For an unknown name, throws an error that lists all projections. */
export function projectionOf(name: string): Projection {
  const found = PROJECTIONS.find((projection) => projection.name === name);
  if (found) return found;
  const names = PROJECTIONS.map((projection) => projection.name).join(', ');
  throw new CommanderError(1, 'meridian.noProjection', `there is no projector ${name}; there are ${names}`);
}

/** What commands on generations use. */
export interface Generations {
  readonly session: CassandraSession;
  readonly stores: ReaderStores;
  /** The generations of one read model. */
  of(projector: string): GenerationStore;
}

/** Runs work on the generations of the read models, in every region with a copy, and closes the connection. */
export async function onGenerations<Result>(
  options: ReaderOptions,
  use: (generations: Generations) => Promise<Result>,
): Promise<Result> {
  const stores = readersOf(options);
  const { home, keyspace } = stores;
  const session = await cassandraOf(stores);
  try {
    const regions = await regionsOf(session, keyspace, home);
    const of = (projector: string): GenerationStore => {
      const { contexts } = projectionOf(projector);
      return { session, keyspace, projector, regions, contexts };
    };
    return await use({ session, stores, of });
  } finally {
    await session.close();
  }
}
