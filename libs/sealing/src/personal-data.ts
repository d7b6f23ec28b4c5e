import { createSecretKey } from 'node:crypto';
import { seal, unseal, UnsealError } from './seal.ts';

/** A customer's personal data, in the clear. Never logged, stored or published. */
export interface PersonalData {
  readonly name: string;
  readonly email: string;
  readonly address: string;
}

/** Personal data, sealed field by field; an empty field stays empty. */
export interface SealedData {
  readonly name: Buffer;
  readonly email: Buffer;
  readonly address: Buffer;
}

/** Seals personal data under the customer's key. */
export function sealPersonalData(key: Buffer, customerId: string, data: PersonalData): SealedData {
  const keyObject = createSecretKey(key);
  const one = (field: keyof PersonalData) =>
    data[field] === '' ? Buffer.alloc(0) : seal(keyObject, { customerId, field }, Buffer.from(data[field]));
  return { name: one('name'), email: one('email'), address: one('address') };
}

/** Opens personal data. Throws UnsealError when it was sealed under another key, or for another customer. */
export function unsealPersonalData(key: Buffer, customerId: string, sealed: SealedData): PersonalData {
  const keyObject = createSecretKey(key);
  const one = (field: keyof PersonalData) =>
    sealed[field].length === 0 ? '' : unseal(keyObject, { customerId, field }, sealed[field]).toString();
  return { name: one('name'), email: one('email'), address: one('address') };
}

/** Whether a key opens personal data. A customer always has a name. */
export function opensPersonalData(
  key: Buffer,
  customerId: string,
  { name }: { readonly name: Uint8Array },
): boolean {
  try {
    unseal(key, { customerId, field: 'name' }, Buffer.from(name));
    return true;
  } catch (error) {
    if (error instanceof UnsealError) return false;
    throw error;
  }
}
