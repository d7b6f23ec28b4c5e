import type { ContextName } from '@meridian/contracts';
import { READ_MODEL_NAMES, READ_MODELS, type ReadModelName } from '@meridian/read-models';

/** A read model's name. */
export type ProjectorName = ReadModelName;

/** How many replicas of a projector a run starts. Schedules of a seed depend on the order: a newer read model comes after these. */
const REPLICAS: ReadonlyMap<ProjectorName, number> = new Map([
  ['catalog', 1],
  ['inventory', 2],
  ['customers', 1],
  ['orders', 2],
  ['sales', 2],
]);

/** All read models, in the order in which a run starts their projectors. */
export const PROJECTOR_NAMES: readonly ProjectorName[] = [
  ...new Set([...REPLICAS.keys(), ...READ_MODEL_NAMES]),
];

/** The contexts that feed a read model. */
export function contextsOf(name: ProjectorName): readonly ContextName[] {
  return READ_MODELS[name].contexts;
}

/** The names of a read model's tables. */
export function tablesOf(name: ProjectorName): readonly string[] {
  return READ_MODELS[name].tables.map((table) => table.name);
}

/** The read model of each process of these projectors, in the order in which a run starts them; no more of one than so many. */
export function processesOf(projectors: readonly ProjectorName[], most = Infinity): readonly ProjectorName[] {
  return projectors.flatMap((name) =>
    Array.from({ length: Math.min(most, REPLICAS.get(name) ?? 1) }, () => name),
  );
}
