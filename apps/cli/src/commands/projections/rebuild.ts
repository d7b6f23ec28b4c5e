import { setTimeout as pause } from 'node:timers/promises';
import { partitionKey, type Positions } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  addGeneration,
  type Generation,
  type GenerationStore,
  progressByRegion,
  registerOf,
} from '@meridian/read-store';
import { say } from '../../output.ts';
import { stepProgress } from '../../step-progress.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations, projectionOf } from './store.ts';

/** Options of a rebuild. */
export interface RebuildOptions extends ReaderOptions {
  readonly maxRate: number;
  /** The version of the projection's code that fills it; the newest one that was ever started when left out. */
  readonly codeVersion?: number;
  readonly wait: boolean;
}

const LOOK_MS = 250;

/**
 * Asks the projectors to fill a new generation beside the live one, and shows their progress. Ending this command ends
 * only the display. A rebuild that has begun and not finished is resumed: no second rebuild begins. One of another version is
 * not, since only projectors of that version would fill it.
 */
export async function rebuild(name: string, options: RebuildOptions, signal: AbortSignal): Promise<void> {
  const { contexts } = projectionOf(name);
  await onGenerations(options, async ({ of }) => {
    const store = of(name);
    const generation = await beginOrGoOn(store, options);
    if (!options.wait) return;
    const progress = stepProgress();
    const { fillUntil: begun, version } = await generationOf(store, generation);
    if (begun === undefined) say(`no projector of version ${version} has begun to fill it yet`);
    try {
      for (;;) {
        const found = await generationOf(store, generation);
        const { fillUntil, filledAt } = found;
        if (filledAt) break;
        if (fillUntil !== undefined)
          progress.step('filling', await filled(store, found, contexts), Number(fillUntil));
        await pause(LOOK_MS, undefined, { signal });
      }
    } finally {
      progress.stop();
    }
    say(`generation ${generation} of ${name} is filled and follows Kafka`);
    say(`compare it:  meridian projections compare ${name}`);
    say(`then:        meridian projections promote ${name} ${generation}`);
  });
}

async function beginOrGoOn(
  store: GenerationStore,
  { maxRate: maxEventsPerSecond, codeVersion }: RebuildOptions,
): Promise<number> {
  const register = await registerOf(store);
  const version = codeVersion ?? register.newestVersion;
  if (version > register.newestVersion)
    throw new Error(
      `no projector of version ${version} was ever started; the newest is ${register.newestVersion}`,
    );
  const unfinished = register.generations.filter(({ filledAt, droppedAt }) => !filledAt && !droppedAt);
  const own = unfinished.find((one) => one.version === version);
  if (own) {
    say(`generation ${own.generation} of ${store.projector} is already being filled: waiting for it`);
    return own.generation;
  }
  for (const other of unfinished)
    say(
      `generation ${other.generation} is not filled, and only version ${other.version} of the code fills it; to go on with it: meridian projections rebuild ${store.projector} --code-version ${other.version}; when nobody wants it: meridian projections drop ${store.projector} ${other.generation}`,
    );
  const generation = await addGeneration(store.session, store.keyspace, register, {
    version,
    maxEventsPerSecond,
  });
  say(`generation ${generation} of ${store.projector} will be filled by version ${version} of its code`);
  return generation;
}

async function generationOf(store: GenerationStore, generation: number): Promise<Generation> {
  const found = (await registerOf(store)).generations.find((one) => one.generation === generation);
  if (!found || found.droppedAt)
    throw new Error(`generation ${generation} of ${store.projector} was dropped while it was filled`);
  return found;
}

/**
 * About how many events of the journal have been read into a generation, or passed over. Every shard holds roughly a
 * twelfth of all events, and is filled context by context.
 */
async function filled(
  store: GenerationStore,
  { generation, fillUntil = 0n }: Generation,
  contexts: readonly Parameters<typeof partitionKey>[0][],
): Promise<number> {
  const [home = ''] = store.regions;
  const positions: Positions = (await progressByRegion(store, generation)).get(home) ?? new Map();
  const partitions = contexts.flatMap((context) =>
    Array.from({ length: SHARD_COUNT }, (_, shard) => positions.get(partitionKey(context, shard)) ?? 0n),
  );
  const passed = partitions.reduce((sum, at) => sum + (at < fillUntil ? at : fillUntil), 0n);
  return Number(passed / BigInt(partitions.length));
}
