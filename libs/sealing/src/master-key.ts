import { createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { KEY_BYTES, seal, unseal, UnsealError } from './seal.ts';

/**
 * Makes and opens customers' keys. There may be several master keys while one takes the place of another: the first wraps,
 * and all open. The master keys themselves are never given out.
 */
export interface MasterKey {
  /** The id of the master key that wraps: 16 hexadecimal digits, derived from the key, and no secret. */
  readonly id: string;
  /** A new key for a customer, wrapped. */
  newWrappedKey(customerId: string): Buffer;
  /** Opens a wrapped key. Throws UnsealError when none of the master keys wrapped it, or for another customer. */
  unwrap(customerId: string, wrapped: Buffer): Buffer;
  /** The same key, wrapped by the first master key; undefined when it is so already. Throws as `unwrap` does. */
  rewrapped(customerId: string, wrapped: Buffer): Buffer | undefined;
}

const ID_BYTES = 8;
/** Begins a wrapped key that names its master key. One that names none begins with the format of a sealed value. */
const NAMED = 2;
const FIELD = 'key';

interface One {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** What a wrapped key says of itself. */
interface Wrapped {
  /** Undefined for a key that was wrapped before master keys had ids, or while there was only one. */
  readonly id: Buffer | undefined;
  readonly sealed: Buffer;
}

function read(wrapped: Buffer): Wrapped {
  if (wrapped[0] !== NAMED) return { id: undefined, sealed: wrapped };
  return { id: wrapped.subarray(1, 1 + ID_BYTES), sealed: wrapped.subarray(1 + ID_BYTES) };
}

function oneOf(bytes: Buffer): One {
  if (bytes.length !== KEY_BYTES)
    throw new RangeError(`a master key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const derived = hkdfSync('sha256', bytes, new Uint8Array(), 'meridian id of master key', 32);
  const id = createHmac('sha256', Buffer.from(derived)).update('meridian').digest().subarray(0, ID_BYTES);
  return { id, key: createSecretKey(bytes) };
}

function opened({ key }: One, customerId: string, sealed: Buffer): Buffer | undefined {
  try {
    return unseal(key, { customerId, field: FIELD }, sealed);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

/**
 * Uses keys of 32 bytes as master keys. Throws RangeError for another length. While there is one, a wrapped key does not name it, so that
 * versions before master keys had ids can read it.
 */
export function createMasterKey(first: Buffer, ...older: readonly Buffer[]): MasterKey {
  const current = oneOf(first);
  const all = [current, ...older.map(oneOf)];
  const namesIt = older.length > 0;

  function wrap(customerId: string, key: Buffer, named: boolean): Buffer {
    const sealed = seal(current.key, { customerId, field: FIELD }, key);
    return named ? Buffer.concat([Buffer.from([NAMED]), current.id, sealed]) : sealed;
  }
  function open(customerId: string, wrapped: Buffer): { readonly by: One; readonly key: Buffer } {
    const { id, sealed } = read(wrapped);
    const named = id && all.filter((one) => one.id.equals(id));
    if (named?.length === 0)
      throw new UnsealError(`the master key ${id?.toString('hex') ?? ''} is not among those that are set`);
    for (const by of named ?? all) {
      const key = opened(by, customerId, sealed);
      if (key) return { by, key };
    }
    throw new UnsealError(`the seal of ${FIELD} does not hold`);
  }
  return {
    id: current.id.toString('hex'),
    newWrappedKey: (customerId) => wrap(customerId, randomBytes(KEY_BYTES), namesIt),
    unwrap: (customerId, wrapped) => open(customerId, wrapped).key,
    rewrapped(customerId, wrapped) {
      const { by, key } = open(customerId, wrapped);
      return by === current ? undefined : wrap(customerId, key, true);
    },
  };
}
