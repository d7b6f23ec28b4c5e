import {
  ErasurePendingReason,
  ErasureState,
  type Erasure as ErasureMessage,
  type ErasureServiceImplementation,
  type RegionErasure as RegionMessage,
} from '@meridian/contracts';
import { notFound } from '@meridian/rpc';
import {
  isPending,
  type Erasure,
  type Erasures,
  type PendingReason,
  type RegionErasure,
} from '@meridian/sealing';
import { cursorOfToken, tokenOfCursor } from './erasure-page-token.ts';

const REASONS: Readonly<Record<PendingReason, ErasurePendingReason>> = {
  queued: ErasurePendingReason.QUEUED,
  'region-unavailable': ErasurePendingReason.REGION_UNAVAILABLE,
  'not-acknowledged': ErasurePendingReason.NOT_ACKNOWLEDGED,
  'region-filling': ErasurePendingReason.REGION_FILLING,
};

const STATES = { [ErasureState.PENDING]: 'pending', [ErasureState.DONE]: 'done' } as const;

const DEFAULT_PAGE_SIZE = 50;

/** Answers questions about erasures from what the key store has recorded. */
export function createErasureService(erasures: Erasures): ErasureServiceImplementation {
  return {
    async getErasure({ customerId }) {
      const found = await erasures.find(customerId);
      if (!found) throw notFound('ERASURE_NOT_FOUND', `no customer ${customerId} is known to be erased`);
      return { erasure: toMessage(found) };
    },
    async listErasures({ pageSize, pageToken, state: asked }) {
      const state = asked === ErasureState.PENDING || asked === ErasureState.DONE ? STATES[asked] : undefined;
      const page = await erasures.list({
        limit: pageSize || DEFAULT_PAGE_SIZE,
        after: cursorOfToken(pageToken, state),
        state,
      });
      return {
        erasures: page.erasures.map(toMessage),
        nextPageToken: page.next ? tokenOfCursor(page.next, state) : '',
      };
    },
  };
}

function toMessage(erasure: Erasure): ErasureMessage {
  const { customerId, erasedAt, regions } = erasure;
  return {
    customerId,
    erasedAt,
    state: isPending(erasure) ? ErasureState.PENDING : ErasureState.DONE,
    regions: regions.map(toRegion),
  };
}

function toRegion(one: RegionErasure): RegionMessage {
  const { region } = one;
  if (one.state === 'pending')
    return { region, state: ErasureState.PENDING, doneAt: undefined, pendingReason: REASONS[one.reason] };
  return {
    region,
    state: ErasureState.DONE,
    doneAt: one.doneAt,
    pendingReason: ErasurePendingReason.UNSPECIFIED,
  };
}
