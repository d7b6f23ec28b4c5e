import { ErasurePendingReason, ErasureState, ListErasuresRequest } from '@meridian/contracts';
import type { CallContext } from '@meridian/rpc';
import type { Erasure, Erasures, ListErasuresOptions } from '@meridian/sealing';
import { describe, expect, it } from 'vitest';
import { createErasureService } from './erasure-service.ts';

const [erasedAt, doneAt] = [new Date('2026-11-29T10:00:00.123Z'), new Date('2026-11-29T10:00:00.456Z')];
const done = { region: 'eu-west', state: 'done', doneAt } as const;
const away = { region: 'us-east', state: 'pending', reason: 'region-unavailable' } as const;
const ada: Erasure = { customerId: 'ada', erasedAt, regions: [done, away] };
const bob: Erasure = { customerId: 'bob', erasedAt, regions: [{ ...done, doneAt: undefined }] };

// No handler looks at the context: access is decided before.
const context = {} as CallContext;

/** The service over some erasures; `asked` collects the lists that were asked for. */
function serviceOf(...all: readonly Erasure[]) {
  const asked: ListErasuresOptions[] = [];
  const erasures: Erasures = {
    find: async (id) => all.find(({ customerId }) => customerId === id),
    async list(options) {
      asked.push(options);
      return { erasures: all, next: { customerId: 'bob', erasedAt } };
    },
  };
  const service = createErasureService(erasures);
  const list = (request: Partial<ListErasuresRequest>) =>
    service.listErasures(ListErasuresRequest.fromPartial(request), context);
  return { asked, list, get: (customerId: string) => service.getErasure({ customerId }, context) };
}

describe('the service of erasures', () => {
  it('says of each region whether it is done and when, or why not', async () => {
    const { erasure } = await serviceOf(ada, bob).get('ada');
    expect(erasure).toEqual({
      customerId: 'ada',
      erasedAt,
      state: ErasureState.PENDING,
      regions: [
        {
          region: 'eu-west',
          state: ErasureState.DONE,
          doneAt,
          pendingReason: ErasurePendingReason.UNSPECIFIED,
        },
        {
          region: 'us-east',
          state: ErasureState.PENDING,
          doneAt: undefined,
          pendingReason: ErasurePendingReason.REGION_UNAVAILABLE,
        },
      ],
    });
  });

  it('says done when every region is', async () => {
    const { erasure } = await serviceOf(ada, bob).get('bob');
    expect(erasure).toMatchObject({ state: ErasureState.DONE, regions: [{ doneAt: undefined }] });
  });

  it('knows no erasure of others', async () => {
    await expect(serviceOf(ada).get('eve')).rejects.toThrow('no customer eve is known to be erased');
  });

  it('goes on where a page ended, for the same state only', async () => {
    const { asked, list } = serviceOf(ada);
    const { nextPageToken } = await list({ pageSize: 1, state: ErasureState.PENDING });
    await list({ pageToken: nextPageToken, state: ErasureState.PENDING });
    expect(asked).toEqual([
      { limit: 1, after: undefined, state: 'pending' },
      { limit: 50, after: { customerId: 'bob', erasedAt }, state: 'pending' },
    ]);
    for (const request of [{ pageToken: nextPageToken }, { pageToken: 'bm90IG91cnM' }, { pageToken: '~' }])
      await expect(list(request)).rejects.toThrow('page_token');
  });
});
