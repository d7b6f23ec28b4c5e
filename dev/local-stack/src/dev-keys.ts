import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const key = z.string().length(44);
const devKeys = z.object({
  MERIDIAN_MASTER_KEY: key,
  MERIDIAN_FINGERPRINT_KEY: key,
  MERIDIAN_PAGE_TOKEN_KEY: key,
});

/** The keys of a stack on one machine, as the services read them. */
export type DevKeys = z.infer<typeof devKeys>;

/**
 * Reads the stack's keys, and creates the keys the first time. Only the owner may read the file. Never for production.
 */
export function devKeysOf(folder: string): DevKeys {
  const file = path.join(folder, 'keys.json');
  if (existsSync(file)) return devKeys.parse(JSON.parse(readFileSync(file, 'utf8')));
  mkdirSync(folder, { recursive: true });
  const fresh = () => randomBytes(32).toString('base64');
  const keys = {
    MERIDIAN_MASTER_KEY: fresh(),
    MERIDIAN_FINGERPRINT_KEY: fresh(),
    MERIDIAN_PAGE_TOKEN_KEY: fresh(),
  };
  writeFileSync(file, JSON.stringify(keys, null, 2), { mode: 0o600, flag: 'wx' });
  return keys;
}
