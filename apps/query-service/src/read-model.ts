import type { ContextName } from '@meridian/contracts';
import type { Projection } from '@meridian/projection';
import { copiesOf, type Copy, type CopyOptions, type StoredCopy } from './copies.ts';

/** A read model, ready to be asked. */
export interface ReadModel {
  readonly name: string;
  /** The region that questions are asked in. */
  readonly region: string;
  /** The contexts that feed it. */
  readonly contexts: readonly ContextName[];
  /** The generation that answers a question that begins now. */
  live(): number;
  /**
   * Has `told` called once another generation than this one is live: at once where that is so already. Gives a function that
   * ends this.
   */
  onAnotherLive(generation: number, told: () => void): () => void;
  /** Whether a question of this generation can be answered still. */
  keeps(generation: number): boolean;
  /** The copies to ask, first choice first: the region's own, then those that stand in. Those that are away are left out. */
  copies(generation: number): readonly Copy[];
  /**
   * Makes a generation live, once its progress was read, and forgets the generations that are not kept. A question that reads
   * rows ends with the generation that it began with. Rejects, and changes nothing, when the new one cannot be asked.
   */
  follow(live: number, kept: readonly number[]): Promise<void>;
  /** Told when a question begins to wait for what its token names. */
  readonly onWaiting?: () => void;
  /** Told how long a question waited for what its token names. */
  onWaited?(seconds: number): void;
  close(): void;
}

/** What a read model is made of. */
export interface ReadModelOptions extends CopyOptions {
  readonly projection: Projection;
  readonly onWaiting: () => void;
  readonly onWaited: (seconds: number) => void;
}

/** Makes a read model; it answers from the projection's first generation until it is told of another. */
export function createReadModel(options: ReadModelOptions): ReadModel {
  const { projection, stores, onWaiting, onWaited } = options;
  const [own] = stores;
  if (!own) throw new Error('a read model needs a store');
  let live = projection.version;
  const generations = new Map<number, readonly StoredCopy[]>([[live, copiesOf(options, live)]]);
  const serving = (copies: readonly StoredCopy[]) =>
    copies.filter(({ store }) => store.isServing()).map(({ copy }) => copy);

  const listeners = new Set<() => void>();

  function forget(generation: number): void {
    for (const copy of generations.get(generation) ?? []) copy.close();
    generations.delete(generation);
  }

  return {
    name: projection.name,
    region: own.region,
    contexts: projection.contexts,
    live: () => live,
    onAnotherLive(generation, told) {
      if (generation !== live) told();
      else listeners.add(told);
      return () => listeners.delete(told);
    },
    keeps: (generation) => generations.has(generation),
    copies: (generation) => serving(generations.get(generation) ?? []),
    async follow(next, kept) {
      for (const generation of new Set([...kept, next]))
        if (!generations.has(generation)) generations.set(generation, copiesOf(options, generation));
      if (next !== live) {
        const [copy] = serving(generations.get(next) ?? []);
        if (!copy) throw new Error(`generation ${next} of ${projection.name} cannot be asked now`);
        await copy.parked.asOf(await copy.watch.current());
        live = next;
        const before = [...listeners];
        listeners.clear();
        for (const told of before) told();
      }
      for (const generation of generations.keys())
        if (generation !== live && !kept.includes(generation)) forget(generation);
    },
    onWaiting,
    onWaited,
    close() {
      for (const generation of [...generations.keys()]) forget(generation);
    },
  };
}
