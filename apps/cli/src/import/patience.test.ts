import { createMeridianClient } from '@meridian/client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createPatience } from './patience.ts';

// Port 1 of loopback: nothing ever listens there, so this is the real behaviour of an absent service.
const absent = ['127.0.0.1:1'];
let unavailable = new Error('not yet seen');

beforeAll(async () => {
  const client = createMeridianClient({
    commandAddresses: absent,
    queryAddresses: absent,
    retryBaseDelayMs: 1,
  });
  try {
    await client.orders.getOrder({ orderId: '536365' }, { deadline: 2_000 });
  } catch (error) {
    if (error instanceof Error) unavailable = error;
  }
  client.close();
});

function failing(times: number, failure: Error) {
  let left = times;
  return vi.fn(() => (left-- > 0 ? Promise.reject(failure) : Promise.resolve('done')));
}

describe('the patience of an import', () => {
  it('calls again while a service is away', async () => {
    const call = failing(2, unavailable);
    await expect(createPatience()(call)).resolves.toBe('done');
    expect(call).toHaveBeenCalledTimes(3);
  });

  it('does not wait out what will not pass', async () => {
    const defect = new Error('a defect');
    const call = failing(1, defect);
    await expect(createPatience()(call)).rejects.toBe(defect);
    expect(call).toHaveBeenCalledOnce();
  });

  it('ends when nothing has succeeded for too long', async () => {
    const patiently = createPatience({ maxWithoutProgressMs: 120 });
    await expect(patiently(failing(Infinity, unavailable))).rejects.toBe(unavailable);
  });

  it('ends with its signal, in the middle of a pause too', async () => {
    const interrupted = new AbortController();
    const call = failing(Infinity, unavailable);
    const waiting = createPatience({ signal: interrupted.signal })(call);
    await expect.poll(() => call.mock.calls.length).toBeGreaterThan(2);
    interrupted.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow(/interrupted|aborted/);
  });
});

describe('the calls that an import has under way', () => {
  it('become fewer while the service is away', async () => {
    const interrupted = new AbortController();
    const patiently = createPatience({ signal: interrupted.signal });
    let running = 0;
    let most = 0;
    const call = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      throw unavailable;
    };
    const waiting = Promise.allSettled(Array.from({ length: 300 }, () => patiently(call)));
    await expect.poll(() => most).toBe(64);
    await expect
      .poll(() => {
        const seen = most;
        most = 0;
        return seen;
      })
      .toBe(4);
    interrupted.abort(new Error('interrupted'));
    for (const { status } of await waiting) expect(status).toBe('rejected');
  });
});
