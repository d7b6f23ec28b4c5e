import { setTimeout as pause } from 'node:timers/promises';
import type { CassandraSession } from '@meridian/cassandra';
import type { ContextName, Positions } from '@meridian/contracts';
import { readProgress } from '../progress/progress.ts';
import { missingOf } from '../progress/progress-watch.ts';
import { readRegister, setDropped, setLive, type Generation, type GenerationRegister } from './register.ts';

/** An operation on generations that cannot be done now; its message says why, and what to do. */
export class GenerationError extends Error {
  override readonly name = 'GenerationError';
}

/** Where generations are kept. */
export interface GenerationStore {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly projector: string;
  readonly regions: readonly string[];
  /** The contexts that questions of this version ask about. How far a generation is in others does not matter. */
  readonly contexts: readonly ContextName[];
}

/** Reads the register. Throws GenerationError when no projector of that name has ever run. */
export async function registerOf({
  session,
  keyspace,
  projector,
}: GenerationStore): Promise<GenerationRegister> {
  const register = await readRegister(session, keyspace, projector);
  if (!register) throw new GenerationError(`no projector ${projector} has ever run here`);
  return register;
}

/** How far each region is with a generation. */
export async function progressByRegion(
  { session, keyspace, projector, regions, contexts }: GenerationStore,
  generation: number,
): Promise<ReadonlyMap<string, Positions>> {
  const read = regions.map(async (region) => {
    const { positions } = await readProgress(session, keyspace, { projector, generation, region }, contexts);
    return [region, positions] as const;
  });
  return new Map(await Promise.all(read));
}

const WAIT_MS = 15_000;
const LOOK_MS = 100;

/**
 * Makes a generation the one that answers, in every region. The one that answered is fed on, so that a rollback is the
 * same move back. Waits a while until the target is, in every region and partition, at least where the live generation
 * was at the call. Only partitions of the store's contexts count. Throws a GenerationError that names what is behind, or
 * why the target cannot be promoted. Promoting the live one changes nothing.
 */
export async function promote(store: GenerationStore, generation: number, waitMs = WAIT_MS): Promise<void> {
  const register = await registerOf(store);
  if (register.live === generation) return;
  fedGeneration(register, generation);
  const live = await progressByRegion(store, register.live);
  const deadline = performance.now() + waitMs;
  for (;;) {
    const target = await progressByRegion(store, generation);
    const behind = store.regions.flatMap((region) =>
      missingOf(live.get(region) ?? new Map(), target.get(region) ?? new Map()).map(
        ({ key, required, applied }) => `${region} ${key} is at ${applied} of ${required}`,
      ),
    );
    if (behind.length === 0) break;
    if (performance.now() > deadline)
      throw new GenerationError(
        `generation ${generation} of ${store.projector} is behind the live one: ${behind.slice(0, 5).join(', ')}`,
      );
    await pause(LOOK_MS);
  }
  await setLive(store.session, store.keyspace, register, generation);
}

/** Goes back to the generation that answered before. The same promises and failures as `promote`. Answers with its number. */
export async function rollback(store: GenerationStore): Promise<number> {
  const { previous } = await registerOf(store);
  if (previous === undefined)
    throw new GenerationError(`${store.projector} was never promoted: there is nothing to go back to`);
  await promote(store, previous);
  return previous;
}

/**
 * Gives a generation up: it is fed no more. Its tables are for the caller to remove, once nobody reads them. Throws
 * GenerationError for the live one.
 */
export async function drop(store: GenerationStore, generation: number): Promise<void> {
  const register = await registerOf(store);
  if (register.live === generation)
    throw new GenerationError(
      `generation ${generation} of ${store.projector} answers questions: promote another one first`,
    );
  const found = register.generations.find((one) => one.generation === generation);
  if (found?.droppedAt) return;
  fedGeneration(register, generation);
  await setDropped(store.session, store.keyspace, register, generation);
}

function fedGeneration(register: GenerationRegister, generation: number): Generation {
  const found = register.generations.find((one) => one.generation === generation);
  if (!found || found.droppedAt)
    throw new GenerationError(
      `${register.projector} has no generation ${generation}${found ? ' any more: it was dropped' : ''}; it has ${register.generations
        .filter(({ droppedAt }) => !droppedAt)
        .map((one) => one.generation)
        .join(', ')}`,
    );
  return found;
}
