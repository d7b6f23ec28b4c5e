import type { KeyState } from '@meridian/sealing';
import { describe, expect, it } from 'vitest';
import {
  createCustomerKeys,
  KeyNotCopiedError,
  type CustomerKeysOptions,
  type EarlyLook,
} from './customer-keys.ts';

const KEY = Buffer.from('the key');
const EARLIER = Buffer.from('an earlier key');

/** The copies of a region, and how often each was looked for. */
function region(options: Omit<CustomerKeysOptions, 'copies'> = {}) {
  const states = new Map<string, KeyState>();
  const looks: string[] = [];
  let failure: Error | undefined;
  const copies = {
    async find(customerId: string): Promise<KeyState> {
      looks.push(customerId);
      if (failure) throw failure;
      return states.get(customerId) ?? { kind: 'missing' };
    },
  };
  const keys = createCustomerKeys({ copies, ...options });
  const stop = new AbortController();
  return {
    states,
    looks,
    stop,
    look: (customerId: string) => keys.look(customerId),
    fail(error: Error) {
      failure = error;
    },
    ask: (customerId: string, waitMs = 3_600_000, onWait?: () => () => void, early?: EarlyLook) =>
      keys.keyOf({
        ...(onWait ? { onWait } : {}),
        ...(early ? { early } : {}),
        customerId,
        deadline: new Date(Date.now() + waitMs),
        signal: stop.signal,
        fits: (key) => key === KEY,
      }),
  };
}

describe('who asks for a customer’s key', () => {
  it('gets one that is there after one look, and nothing once it is destroyed', async () => {
    const { states, looks, ask } = region();
    states.set('ada', { kind: 'present', key: KEY });
    states.set('bob', { kind: 'destroyed' });
    expect(await ask('ada')).toBe(KEY);
    expect(await ask('bob')).toBeUndefined();
    expect(looks).toEqual(['ada', 'bob']);
  });

  it('goes on with a look that was begun before, and looks again when that found nothing', async () => {
    const { states, looks, look, ask } = region();
    states.set('ada', { kind: 'present', key: KEY });
    expect(await ask('ada', 3_600_000, undefined, look('ada'))).toBe(KEY);
    expect(looks).toEqual(['ada']);
    const waiting = ask('bob', 3_600_000, undefined, look('bob'));
    await expect.poll(() => looks.length).toBeGreaterThan(3);
    const before = looks.length;
    const other = ask('bob', 3_600_000, undefined, look('bob'));
    expect(looks.length).toBe(before);
    states.set('bob', { kind: 'present', key: KEY });
    expect(await Promise.all([waiting, other])).toEqual([KEY, KEY]);
  });

  it('shares the looks for a missing key with all others, and all are answered when it comes', async () => {
    const { states, looks, ask } = region();
    const first = ask('ada');
    await expect.poll(() => looks.length).toBeGreaterThan(1);
    const before = looks.length;
    const others = Array.from({ length: 1_000 }, () => ask('ada'));
    // A look a caller would be a thousand at once.
    expect(looks.length).toBe(before);
    states.set('ada', { kind: 'present', key: KEY });
    expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 1_001 }, () => KEY));
    expect(looks.length).toBeLessThan(before + 20);
  });

  it('says when it begins to wait and when it no longer does, and never when it need not', async () => {
    const { states, ask } = region();
    let waiting = 0;
    const onWait = () => {
      waiting += 1;
      return () => void (waiting -= 1);
    };
    const asked = ask('ada', 3_600_000, onWait);
    await expect.poll(() => waiting).toBe(1);
    states.set('ada', { kind: 'present', key: KEY });
    expect(await asked).toBe(KEY);
    expect(waiting).toBe(0);
    const refusing = () => {
      throw new Error('too many wait');
    };
    expect(await ask('ada', 3_600_000, refusing)).toBe(KEY);
    await expect(ask('bob', 3_600_000, refusing)).rejects.toThrow('too many wait');
  });

  it('waits for the key that opens the data, while an earlier one is here', async () => {
    const { states, looks, ask } = region();
    states.set('ada', { kind: 'present', key: EARLIER });
    const asked = ask('ada');
    await expect.poll(() => looks.length).toBeGreaterThan(1);
    states.set('ada', { kind: 'present', key: KEY });
    expect(await asked).toBe(KEY);
  });

  it('is told before the deadline that the key has not come, and nobody looks for it any more', async () => {
    const { looks, ask } = region();
    await expect(ask('ada', 200)).rejects.toThrow(KeyNotCopiedError);
    expect(looks.length).toBeLessThan(10);
    await expect(ask('ada', 0)).rejects.toThrow(KeyNotCopiedError);
  });

  it('does not begin to wait when nobody needs the key any more once the look has ended', async () => {
    const { stop, ask } = region();
    const { promise: state, resolve } = Promise.withResolvers<KeyState>();
    const onWait = () => {
      throw new Error('the wait has begun');
    };
    const asked = ask('ada', 3_600_000, onWait, { beganMs: Date.now(), state });
    stop.abort(new Error('no more'));
    resolve({ kind: 'missing' });
    await expect(asked).rejects.toThrow('no more');
  });

  it('is told at once when too many wait', async () => {
    const { stop, ask } = region({ maxWaiting: 2 });
    const waiting = [ask('ada'), ask('bob')];
    const refused = waiting.map((one) => expect(one).rejects.toThrow('no more'));
    await expect.poll(() => ask('carol').catch((error: unknown) => error)).toBeInstanceOf(KeyNotCopiedError);
    stop.abort(new Error('no more'));
    await Promise.all(refused);
  });

  it('hears of a store that fails, so that another region can answer', async () => {
    const { fail, ask } = region();
    const asked = expect(ask('ada')).rejects.toThrow('away');
    fail(new Error('away'));
    await asked;
  });
});
