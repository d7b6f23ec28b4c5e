import { mapValues } from '@meridian/kernel';
import type { Projection } from '@meridian/projection';
import { READ_MODELS, type ReadModelName } from '@meridian/read-models';
import type { ReadModel } from './read-model.ts';

/** What this service keeps of every read model. */
export type ReadModelsByName = Readonly<Record<ReadModelName, ReadModel>>;

/** Makes one for each read model that exists. */
export function forEachReadModel(make: (projection: Projection) => ReadModel): ReadModelsByName {
  return mapValues(READ_MODELS, make);
}
