import { StaleBatchError } from '@meridian/messaging';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { expect, it } from 'vitest';
import { ours, ownerIn, stockRegions, take, touches } from '../testing/in-memory-owner.ts';

it('gives a record of progress up that home leaves unanswered, once another process owns it', async () => {
  const regions = stockRegions();
  const { session } = regions;
  let isRecording = false;
  const never = new Promise<never>(() => undefined);
  const hanging = {
    ...session,
    batch: async (...[statements, options]: Parameters<typeof session.batch>) => {
      isRecording ||= touches('projection_progress', statements);
      return touches('projection_progress', statements) ? never : session.batch(statements, options);
    },
    execute: async (...[cql, params, options]: Parameters<typeof session.execute>) => {
      const isRecord = touches('projection_progress', [{ cql, params }]);
      isRecording ||= isRecord;
      return isRecord ? never : session.execute(cql, params, options);
    },
  };
  const owner = ownerIn(regions, { session: hanging });
  const events = tellStock([{ productId: 'pear', delta: 5n }], 10n);
  await expect(take(owner, events, { ...ours, isStale: () => isRecording })).rejects.toThrow(StaleBatchError);
  expect(isRecording).toBe(true);
});
