import { createSecretKey, randomBytes } from 'node:crypto';
import { KEY_BYTES, seal, unseal } from './seal.ts';

/** Makes and opens customers' keys. The master key itself is never given out. */
export interface MasterKey {
  /** A new key for a customer, wrapped. */
  newWrappedKey(customerId: string): Buffer;
  /** Opens a wrapped key. Throws UnsealError when it was wrapped by another master key or for another customer. */
  unwrap(customerId: string, wrapped: Buffer): Buffer;
}

/** Uses 32 bytes as the master key. Throws RangeError for another length. */
export function createMasterKey(bytes: Buffer): MasterKey {
  if (bytes.length !== KEY_BYTES)
    throw new RangeError(`a master key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const field = 'key';
  const key = createSecretKey(bytes);
  return {
    newWrappedKey: (customerId) => seal(key, { customerId, field }, randomBytes(KEY_BYTES)),
    unwrap: (customerId, wrapped) => unseal(key, { customerId, field }, wrapped),
  };
}
