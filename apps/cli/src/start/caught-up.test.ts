import { mapValues } from '@meridian/kernel';
import { READ_MODEL_NAMES, READ_MODELS } from '@meridian/read-models';
import { describe, expect, it, vi } from 'vitest';
import { failureIn, Refused } from '../import/testing/services.ts';
import { caughtUp, type CatchingUp } from './caught-up.ts';

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));

/** A region in which each read model answers once its promise resolves. */
function region(models: Partial<Record<keyof CatchingUp, Promise<void>>> = {}): CatchingUp {
  const answering = mapValues(READ_MODELS, (_projection, name) => {
    const answer = async () => (await models[name]) ?? {};
    return new Proxy({}, { get: () => answer });
  });
  // Whichever question it is asked, it answers; what it answers nobody looks at.
  return answering as CatchingUp;
}

const models = READ_MODEL_NAMES;

describe('caughtUp', () => {
  it.each(models)('waits for the read model of %s', async (model) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const waiting = caughtUp(region({ [model]: promise })).then(() => (isOver = true));
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    resolve();
    await waiting;
  });

  it('takes it for an answer that there is no such id', async () => {
    const nobody = Promise.reject(new Refused('CUSTOMER_NOT_FOUND', 'NOT_FOUND'));
    await expect(caughtUp(region({ customers: nobody }))).resolves.toBeUndefined();
  });

  it.each(models)('rejects when the read model of %s does not get there', async (model) => {
    const behind = new Refused('REGION_BEHIND', 'UNAVAILABLE');
    await expect(caughtUp(region({ [model]: Promise.reject(behind) }))).rejects.toBe(behind);
  });
});
