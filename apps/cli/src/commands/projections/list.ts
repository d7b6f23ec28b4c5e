import { PROJECTIONS } from '@meridian/read-models';
import type { Positions } from '@meridian/contracts';
import {
  type Generation,
  type GenerationRegister,
  type GenerationStore,
  progressByRegion,
  readRegister,
} from '@meridian/read-store';
import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations } from './store.ts';

/** One generation, for people and programs. */
interface Listed {
  readonly projector: string;
  readonly generation: number;
  readonly version: number;
  readonly state: string;
  /** How many positions each region is behind the home region's live generation, over all partitions. */
  readonly behind: Readonly<Record<string, bigint>>;
}

/** Prints every generation that was not dropped, its state, and the progress of each region. */
export async function list(options: ReaderOptions & { readonly json: boolean }): Promise<void> {
  const listed = await onGenerations(options, async ({ of }) => {
    const all = PROJECTIONS.map(({ name }) => listOne(of(name)));
    return (await Promise.all(all)).flat();
  });
  if (options.json) {
    say(toJson(listed));
    return;
  }
  const regions = Object.keys(listed[0]?.behind ?? {});
  const rows = listed.map(({ projector, generation, version, state, behind }) => [
    projector,
    String(generation),
    String(version),
    state,
    ...regions.map((region) => String(behind[region] ?? 0n)),
  ]);
  say(
    table(['projector', 'generation', 'version', 'state', ...regions.map((name) => `behind, ${name}`)], rows),
  );
}

async function listOne(store: GenerationStore): Promise<readonly Listed[]> {
  const register = await readRegister(store.session, store.keyspace, store.projector);
  if (!register) return [];
  const [home = ''] = store.regions;
  const live: Positions = (await progressByRegion(store, register.live)).get(home) ?? new Map();
  const present = register.generations.filter(({ droppedAt }) => !droppedAt);
  return Promise.all(
    present.map(async (one) => {
      const progress = await progressByRegion(store, one.generation);
      const behind = store.regions.map((region) => [region, distance(live, progress.get(region))] as const);
      const { generation, version } = one;
      const state = stateOf(register, one);
      return { projector: store.projector, generation, version, state, behind: Object.fromEntries(behind) };
    }),
  );
}

/** The current state of a generation, in one word. */
export function stateOf(
  { live, previous }: GenerationRegister,
  { generation, filledAt }: Generation,
): string {
  if (generation === live) return 'live';
  if (!filledAt) return 'being filled';
  return generation === previous ? 'previous' : 'filled';
}

function distance(from: Positions, to: Positions | undefined): bigint {
  let sum = 0n;
  for (const [key, position] of from) {
    const reached = to?.get(key) ?? 0n;
    if (reached < position) sum += position - reached;
  }
  return sum;
}
