import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMasterKey } from './master-key.ts';
import { UnsealError } from './seal.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const before = createMasterKey(oldKey);
const prepared = createMasterKey(oldKey, newKey);
const during = createMasterKey(newKey, oldKey);
const after = createMasterKey(newKey);

describe('several master keys', () => {
  it('open what each of them wrapped, and the first wraps', () => {
    for (const one of [before, prepared, during]) {
      const wrapped = one.newWrappedKey('ada');
      expect(prepared.unwrap('ada', wrapped)).toEqual(during.unwrap('ada', wrapped));
    }
    const wrapped = during.newWrappedKey('ada');
    expect(after.unwrap('ada', wrapped)).toEqual(during.unwrap('ada', wrapped));
    expect(() => before.unwrap('ada', wrapped)).toThrow(UnsealError);
  });

  it('are told apart by ids that say nothing of them', () => {
    expect(before.id).toMatch(/^[0-9a-f]{16}$/);
    expect(during.id).toBe(after.id);
    expect(during.id).not.toBe(before.id);
    expect(oldKey.toString('hex')).not.toContain(before.id);
    expect(() => before.unwrap('ada', during.newWrappedKey('ada'))).toThrow(after.id);
  });

  it('leave a key without an id alone while there is one master key: older versions read it', () => {
    expect(before.newWrappedKey('ada')).toHaveLength(61);
    expect(before.newWrappedKey('ada')[0]).toBe(1);
    expect(during.newWrappedKey('ada')[0]).toBe(2);
  });
});

describe('a key that is wrapped again', () => {
  it('is the same key under the first master key, with or without an id before', () => {
    for (const one of [before, prepared]) {
      const wrapped = one.newWrappedKey('ada');
      const again = during.rewrapped('ada', wrapped);
      expect(again && after.unwrap('ada', again)).toEqual(during.unwrap('ada', wrapped));
    }
  });

  it('is left alone when the first master key wrapped it', () => {
    expect(during.rewrapped('ada', during.newWrappedKey('ada'))).toBeUndefined();
    expect(during.rewrapped('ada', after.newWrappedKey('ada'))).toBeUndefined();
  });

  it('is refused for another customer, and when no master key opens it', () => {
    expect(() => during.rewrapped('bob', before.newWrappedKey('ada'))).toThrow(UnsealError);
    expect(() => after.rewrapped('ada', before.newWrappedKey('ada'))).toThrow(UnsealError);
    expect(() => during.unwrap('ada', Buffer.from([2, 1]))).toThrow(UnsealError);
  });
});

it('opens what the first version of the code has wrapped', () => {
  // Written once, by the code before master keys had ids, under the key of 32 sevens.
  const stored = createMasterKey(Buffer.alloc(32, 7));
  expect(stored.unwrap('ada', Buffer.from(STORED, 'base64'))).toEqual(Buffer.alloc(32, 9));
});

const STORED = 'AeUDdA75+4VZS++46XDQiGE1VzNdrMqLWHRIppRHBtF8L1DznY4G+Pg1974dDzQBdCH6MbSGp/euP+zktA==';
