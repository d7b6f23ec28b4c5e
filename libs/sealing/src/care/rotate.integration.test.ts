import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../key-changes.ts';
import type { KeyCopier } from '../key-copier.ts';
import { createKeyStore } from '../key-store.ts';
import { createMasterKey, type MasterKey } from '../master-key.ts';
import { openTestKeys, REGIONS, type TestKeys } from '../testing/test-keys.ts';
import { nameRegions } from './regions.ts';
import { rotateKeys, type RotateOptions } from './rotate.ts';

let keys: TestKeys;
let copier: KeyCopier;
let during: MasterKey;
let after: MasterKey;

beforeEach(async () => {
  keys = await openTestKeys();
  await nameRegions(keys.pool, keys.schema, REGIONS);
  copier = keys.startCopier();
  const fresh = randomBytes(32);
  after = createMasterKey(fresh);
  during = createMasterKey(fresh, keys.masterKeyBytes);
});
afterEach(async () => {
  await copier?.stop();
  await keys?.close();
});

const rotate = (options: Partial<RotateOptions> = {}) =>
  rotateKeys({
    pool: keys.pool,
    schema: keys.schema,
    masterKey: during,
    pageSize: 3,
    pollMs: 20,
    ...options,
  });

async function registerSome(count: number): Promise<ReadonlyMap<string, Buffer>> {
  const made = new Map<string, Buffer>();
  for (let n = 0; n < count; n++) made.set(`c-${n}`, await keys.register(`c-${n}`));
  return made;
}

const stateAfter = (customerId: string) => createKeyStore(keys.pool, keys.schema, after).find(customerId);

/** What a region's row opens to under the new master key alone. */
async function copyAfter(region: (typeof REGIONS)[number], customerId: string): Promise<Buffer> {
  const wrapped = await keys.wrappedCopy(region, customerId);
  return after.unwrap(customerId, wrapped);
}

describe('the rotation of the master key', () => {
  it('leaves every key the same under the new master key alone, in MySQL and in every region', async () => {
    const made = await registerSome(10);
    await keys.store.destroy('c-4');
    expect(await rotate()).toBe(9);
    for (const [customerId, key] of made) {
      if (customerId === 'c-4') continue;
      expect(await stateAfter(customerId)).toEqual({ kind: 'present', key });
      for (const region of REGIONS) expect(await copyAfter(region, customerId)).toEqual(key);
    }
    expect(await stateAfter('c-4')).toEqual({ kind: 'destroyed' });
    expect(await rotate()).toBe(0);
  });

  it('goes on where a run was ended, and wraps what was made under the old key meanwhile', async () => {
    await registerSome(8);
    const ended = new AbortController();
    const first = rotate({ signal: ended.signal, onPage: () => ended.abort(new Error('ended')) });
    await expect(first).rejects.toThrow('ended');
    const { rows } = await keys.pool.query("SELECT walked_to FROM key_duty WHERE duty = 'rotate'");
    expect(rows[0]?.['walked_to']).toBe('c-2');
    const late = keys.store.newKey('a-late');
    await inTransaction(keys.pool, late.statements);
    expect(await rotate()).toBe(6);
    expect(await stateAfter('a-late')).toEqual({ kind: 'present', key: late.key });
  });

  it('does not end while a region lacks what was wrapped', async () => {
    await registerSome(2);
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
    keys.away.add('us-east');
    const lacking: number[] = [];
    const rotating = rotate({ onWaiting: (count) => lacking.push(count) });
    await expect.poll(() => lacking.length).toBeGreaterThan(0);
    keys.away.clear();
    expect(await rotating).toBe(2);
    expect(await keys.waiting('us-east')).toBe(0);
  });

  it('is refused when a key is there that none of the master keys opens', async () => {
    await registerSome(1);
    await expect(rotate({ masterKey: after })).rejects.toThrow('does not hold');
  });
});
