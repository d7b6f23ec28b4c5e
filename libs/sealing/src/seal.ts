import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

/** What a sealed value is bound to. The value cannot be opened as another field, or for another customer. */
export interface SealBinding {
  readonly customerId: string;
  readonly field: string;
}

/** A sealed value was changed, or belongs to another customer, field or key. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The length of a key: AES-256. */
export const KEY_BYTES = 32;

/**
 * Seals bytes by AES-256-GCM (NIST SP 800-38D) with a random nonce: format, nonce, ciphertext, tag. Sealing the same twice gives
 * different bytes. Whoever uses a key again makes a key object of it once: to make one costs ten times as much as to seal.
 */
export function seal(key: Buffer | KeyObject, binding: SealBinding, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated(binding));
  return Buffer.concat([
    Buffer.from([FORMAT]),
    nonce,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** Opens what `seal` made. Throws UnsealError when anything does not fit: key, customer, field or a single bit. */
export function unseal(key: Buffer | KeyObject, binding: SealBinding, sealed: Buffer): Buffer {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT)
    throw new UnsealError('not a sealed value');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(associated(binding));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new UnsealError(`the seal of ${binding.field} does not hold`, { cause: error });
  }
}

/** Unambiguous: neither part can hold the separator. */
function associated({ customerId, field }: SealBinding): Buffer {
  return Buffer.from(`meridian\0${customerId}\0${field}`);
}
