import type { ContextName } from '@meridian/contracts';
import { keysOf } from '@meridian/kernel';
import { READ_MODELS, type ReadModelName } from '@meridian/read-models';

/** A read model's name. */
export type ProjectorName = ReadModelName;

/** How many replicas of each projector a run starts, in the order in which it starts them: schedules of a seed depend on it. */
const REPLICAS: Readonly<Record<ProjectorName, number>> = {
  catalog: 1,
  inventory: 2,
  customers: 1,
  orders: 2,
  sales: 2,
};

/** All read models. */
export const PROJECTOR_NAMES: readonly ProjectorName[] = keysOf(REPLICAS);

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
  return projectors.flatMap((name) => Array.from({ length: Math.min(most, REPLICAS[name]) }, () => name));
}
