import { createProgressWatch, createReader, type ProcessPlaces } from '@meridian/read-store';
import type { Projection, Reader } from '@meridian/projection';
import { createKeyCopies, type MasterKey } from '@meridian/sealing/unsealing';
import { createCustomerKeys, type CustomerKeys } from './customer-keys.ts';
import type { NotificationListeners } from './notifications.ts';
import { createParkedWatch } from './parked.ts';
import { createOwnRowLooks } from './own-row-looks.ts';
import type { Waitable } from './reached.ts';
import type { RegionStore } from './region-store.ts';

/** One generation of a read model in one region: what a question is answered from. */
export interface Copy extends Waitable {
  /** The region that it is in. */
  readonly region: string;
  /** Whether it stands in for the region that was asked. */
  readonly isFallback: boolean;
  readonly reader: Reader;
  /** The places for what questions read by pages. */
  readonly pages?: ProcessPlaces | undefined;
  /** The customers' keys in that region. */
  readonly keys: CustomerKeys;
}

/** A copy, and the store that it is in. */
export interface StoredCopy {
  readonly store: RegionStore;
  readonly copy: Copy;
  /** Nobody asks it any more. */
  close(): void;
}

/** What copies are made of. */
export interface CopyOptions {
  readonly projection: Pick<Projection, 'name' | 'contexts'>;
  /** The stores, that of the region itself first. */
  readonly stores: readonly RegionStore[];
  readonly keyspace: string;
  readonly masterKey: MasterKey;
  readonly pollMs: number;
  /** Bounds what questions read by pages at once. All read models of a process share it. */
  readonly pages?: ProcessPlaces;
  /** The copies' watches are told of the events of their contexts. */
  readonly notifications: Pick<NotificationListeners, 'add'>;
}

/** The copies of one generation, in every store. No store is asked before the first question. */
export function copiesOf(options: CopyOptions, generation: number): readonly StoredCopy[] {
  const { stores, keyspace, masterKey, pollMs, notifications, pages } = options;
  const { name: projector, contexts } = options.projection;
  return stores.map((store, index) => {
    const { session, region } = store;
    const watch = createProgressWatch({ session, keyspace, projector, generation, contexts, region, pollMs });
    const listensNoMore = notifications.add({
      notify({ key, context, position }) {
        if (contexts.includes(context)) watch.notify(key, position);
      },
      notificationsArrive: (told) => watch.notificationsArrive(told),
    });
    const copy: Copy = {
      region,
      isFallback: index > 0,
      reader: createReader(session, keyspace, generation),
      pages,
      watch,
      parked: createParkedWatch(session, keyspace, { projector, generation }),
      ownRow: createOwnRowLooks(),
      keys: createCustomerKeys({ copies: createKeyCopies(session, `${keyspace}_keys`, masterKey) }),
    };
    return {
      store,
      copy,
      close() {
        listensNoMore();
        watch.close();
      },
    };
  });
}
