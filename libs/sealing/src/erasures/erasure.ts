/** Why a region has not destroyed its copy of a key yet; `docs/operations/reference.md` says what to do. */
export type PendingReason =
  /** It waits for its turn, which comes by itself. */
  | 'queued'
  /** At the last attempt, within a minute, the region could not be reached or took no key at all. */
  | 'region-unavailable'
  /** The region answers, but has not acknowledged this key. It is tried again, every 30 seconds at least. */
  | 'not-acknowledged'
  /** The region is new, and the keys that were there before have not all been queued for it. */
  | 'region-filling';

/** What one region has made of an erasure. */
export type RegionErasure =
  | { readonly region: string; readonly state: 'pending'; readonly reason: PendingReason }
  /** A quorum of the region has destroyed the key. An earlier version did not record when: then `doneAt` is undefined. */
  | { readonly region: string; readonly state: 'done'; readonly doneAt: Date | undefined };

/** An erased customer, and where the customer's key is destroyed. */
export interface Erasure {
  readonly customerId: string;
  /** When the key was destroyed in the write region, by the database's clock. That comes first. */
  readonly erasedAt: Date;
  /** Every region that gets copies of keys, the named ones first, in their order. */
  readonly regions: readonly RegionErasure[];
}

/** A place in the list of erasures: an erasure that was listed or passed over. */
export type ErasureCursor = Pick<Erasure, 'customerId' | 'erasedAt'>;

/** The state is pending as long as one region is. */
export const isPending = ({ regions }: Pick<Erasure, 'regions'>): boolean =>
  regions.some(({ state }) => state === 'pending');
