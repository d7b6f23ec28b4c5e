import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasterKey } from './master-key.ts';
import { sealPersonalData, unsealPersonalData } from './personal-data.ts';
import { seal, unseal, UnsealError } from './seal.ts';

const key = randomBytes(32);
const binding = { customerId: 'ada', field: 'name' };

describe('sealing', () => {
  it('opens what it sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const plain = Buffer.from(bytes);
        expect(unseal(key, binding, seal(key, binding, plain)).equals(plain)).toBe(true);
      }),
    );
  });

  it('opens nothing for another key, customer or field', () => {
    const sealed = seal(key, binding, Buffer.from('Ada'));
    expect(() => unseal(randomBytes(32), binding, sealed)).toThrow(UnsealError);
    expect(() => unseal(key, { ...binding, customerId: 'bob' }, sealed)).toThrow(UnsealError);
    expect(() => unseal(key, { ...binding, field: 'email' }, sealed)).toThrow(UnsealError);
  });

  it('notices every changed bit and every cut', () => {
    const sealed = seal(key, binding, Buffer.from('Ada'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unseal(key, binding, changed)).toThrow(UnsealError);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => unseal(key, binding, sealed.subarray(0, length))).toThrow(UnsealError);
    }
  });

  it('never gives the same bytes twice, and keeps an empty field empty', () => {
    const data = { name: 'Ada', email: '', address: '1 Street' };
    const [one, two] = [sealPersonalData(key, 'ada', data), sealPersonalData(key, 'ada', data)];
    expect(one.name.equals(two.name)).toBe(false);
    expect(one.email.length).toBe(0);
    expect(one.address.includes('Street')).toBe(false);
    expect(unsealPersonalData(key, 'ada', one)).toEqual(data);
  });

  it('wraps keys under the master key, for one customer', () => {
    const master = createMasterKey(randomBytes(32));
    const wrapped = master.newWrappedKey('ada');
    expect(master.unwrap('ada', wrapped)).toHaveLength(32);
    expect(() => master.unwrap('bob', wrapped)).toThrow(UnsealError);
    expect(() => createMasterKey(randomBytes(32)).unwrap('ada', wrapped)).toThrow(UnsealError);
    expect(() => createMasterKey(randomBytes(31))).toThrow(RangeError);
  });
});
