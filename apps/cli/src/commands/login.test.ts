import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSecrets } from '@meridian/engines';
import { issuerKeysFile, type RunningStack } from '@meridian/local-stack';
import { createTokenVerifier, keysOfFile } from '@meridian/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from './login.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-login-'));
const access = {
  authorityFile: '',
  tokenFile: path.join(folder, 'security', 'token'),
  headersFile: path.join(folder, 'security', 'token-headers'),
};
const stack: Pick<RunningStack, 'access' | 'folder'> = { folder, access };

beforeAll(async () => {
  await openSecrets(path.join(folder, 'security'), 'an authority');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('meridian login', () => {
  it('keeps a token that services take, where only its owner reads it', async () => {
    const keys = await keysOfFile(await issuerKeysFile(folder));
    await login(stack, { role: ['customer'], customer: 'anna', minutes: 5 });
    const verify = createTokenVerifier(keys, {
      issuer: 'urn:meridian:development',
      audience: 'meridian',
      algorithms: ['ES256'],
      types: ['at+jwt'],
      lifetimeMs: 3_600_000,
      skewMs: 0,
      claims: { roles: 'roles', customerId: 'customer_id' },
    });
    const caller = await verify(readFileSync(access.tokenFile, 'utf8'));
    expect(caller).toMatchObject({ roles: ['customer'], customerId: 'anna' });
    expect(statSync(access.tokenFile).mode & 0o777).toBe(0o600);
    expect(statSync(access.headersFile).mode & 0o777).toBe(0o600);
    const token = readFileSync(access.tokenFile, 'utf8');
    expect(readFileSync(access.headersFile, 'utf8')).toBe(`authorization: Bearer ${token}\n`);
    keys.close();
  });

  it('asks a customer for the own id', async () => {
    await expect(login(stack, { role: ['customer'], minutes: 5 })).rejects.toThrow('--customer ID');
  });

  it('says that an open stack needs no token', async () => {
    await expect(login({ folder }, { role: ['operator'], minutes: 5 })).rejects.toThrow('this stack is open');
  });
});
