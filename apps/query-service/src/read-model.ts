import type { ContextName, PartitionKey } from '@meridian/contracts';
import {
  createProgressWatch,
  createReader,
  type ProgressWatch,
  type Projection,
  type Reader,
} from '@meridian/projection';
import { createKeyCopies, type KeyCopies, type MasterKey } from '@meridian/sealing';
import { createParkedWatch, type ParkedWatch } from './parked.ts';
import type { RegionStore } from './region-store.ts';

/** One generation of a read model in one region: what a question is answered from. */
export interface Copy {
  /** The region that it is in. */
  readonly region: string;
  /** Whether it stands in for the region that was asked. */
  readonly isFallback: boolean;
  readonly reader: Reader;
  readonly watch: ProgressWatch;
  readonly parked: ParkedWatch;
  /** The customers' keys in that region. */
  readonly keys: KeyCopies;
}

/** A read model, ready to be asked. */
export interface ReadModel {
  readonly name: string;
  /** The region that questions are asked in. */
  readonly region: string;
  /** The contexts that feed it. */
  readonly contexts: readonly ContextName[];
  /** The generation that answers a question that begins now. */
  live(): number;
  /** Whether a question of this generation can be answered still. */
  keeps(generation: number): boolean;
  /** The copies to ask, first choice first: the region's own, then those that stand in. Those that are away are left out. */
  copies(generation: number): readonly Copy[];
  /** Told how long a question waited for what its token names. */
  onWaited?(seconds: number): void;
  /** Tells the watches of an event on its way. */
  hint(key: PartitionKey, position: bigint): void;
  hinted(told: boolean): void;
  close(): void;
}

/** What a read model is made of. */
export interface ReadModelOptions {
  readonly projection: Projection;
  /** The stores, that of the region itself first. */
  readonly stores: readonly RegionStore[];
  readonly keyspace: string;
  readonly masterKey: MasterKey;
  readonly pollMs: number;
  readonly onWaited: (seconds: number) => void;
}

/** Makes a read model over one generation's tables in every region. */
export function createReadModel(options: ReadModelOptions): ReadModel {
  const { projection, stores, keyspace, masterKey, pollMs, onWaited } = options;
  const { name: projector, generation, contexts } = projection;
  const [own] = stores;
  if (!own) throw new Error('a read model needs a store');
  const all = stores.map((store) => {
    const { session, region } = store;
    const copy: Copy = {
      region,
      isFallback: store !== own,
      reader: createReader(session, keyspace, generation),
      watch: createProgressWatch({ session, keyspace, projector, generation, contexts, region, pollMs }),
      parked: createParkedWatch(session, keyspace, { projector, generation }),
      keys: createKeyCopies(session, `${keyspace}_keys`, masterKey),
    };
    return { store, copy };
  });
  return {
    name: projector,
    region: own.region,
    contexts,
    live: () => generation,
    keeps: (asked) => asked === generation,
    copies: () => all.filter(({ store }) => store.isServing()).map(({ copy }) => copy),
    onWaited,
    hint(key, position) {
      for (const { copy } of all) copy.watch.hint(key, position);
    },
    hinted(told) {
      for (const { copy } of all) copy.watch.hinted(told);
    },
    close() {
      for (const { copy } of all) copy.watch.close();
    },
  };
}
