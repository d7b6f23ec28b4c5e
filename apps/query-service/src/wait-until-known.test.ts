import { Status, type CallContext } from '@meridian/rpc';
import { expect, it } from 'vitest';
import { RegionStoreError } from './region-store.ts';
import { callWithin } from './testing/stand-ins.ts';
import { waitUntilKnown } from './wait-until-known.ts';

/** A call, and whether it counts among those that wait. */
function counted() {
  const state = { waiting: 0 };
  const context = {
    ...callWithin(1_000),
    startWaiting() {
      state.waiting += 1;
      return () => void (state.waiting -= 1);
    },
  } as unknown as CallContext;
  return { context, state };
}

it('counts a call among those that wait, until the generations are known', async () => {
  const looked = Promise.withResolvers<void>();
  let known = false;
  const wait = waitUntilKnown({ known: () => known, untilKnown: () => looked.promise }, 'eu-west');
  const { context, state } = counted();
  const waited = wait(context);
  expect(state.waiting).toBe(1);
  known = true;
  looked.resolve();
  await waited;
  expect(state.waiting).toBe(0);
  expect(wait(context)).toBeUndefined();
});

it('says in the end that no region’s copy answers, and when to ask again', async () => {
  const untilKnown = () => Promise.reject(new RegionStoreError('not known yet'));
  const { context, state } = counted();
  await expect(waitUntilKnown({ known: () => false, untilKnown }, 'eu-west')(context)).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
    extra: expect.arrayContaining([
      expect.objectContaining({ reason: 'REGION_STORE_UNAVAILABLE', metadata: { region: 'eu-west' } }),
      expect.objectContaining({ $type: 'google.rpc.RetryInfo' }),
    ]),
  });
  expect(state.waiting).toBe(0);
});
