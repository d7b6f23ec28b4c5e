import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTokenVerifier, keysOfFile } from '@meridian/access';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { keptFiles, loginAtIssuer, type IssuerLoginOptions } from './login-at-issuer.ts';
import { LoginError } from './login-error.ts';
import { RESOURCE, SECRET, startIssuer, type TestIssuer } from './test-issuer.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-issuer-'));
const files = keptFiles(folder, {});
const clientSecretFile = path.join(folder, 'client-secret');
const never = new AbortController().signal;
let issuer: TestIssuer;
let printed = '';

beforeAll(async () => {
  issuer = await startIssuer();
  writeFileSync(clientSecretFile, `${SECRET}\n`);
});
afterAll(async () => {
  await issuer?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

const asClient = (): IssuerLoginOptions => {
  return { issuer: issuer.url, clientId: 'batch', clientSecretFile, device: false, resource: RESOURCE };
};
const byDevice = (): IssuerLoginOptions => {
  return { issuer: issuer.url, clientId: 'terminal', device: true, resource: RESOURCE, scope: 'orders' };
};

/** The caller whom services see in the token that is kept. */
async function keptCaller() {
  const keysFile = path.join(folder, 'jwks.json');
  writeFileSync(keysFile, await (await fetch(`${issuer.url}/jwks`)).text());
  const keys = await keysOfFile(keysFile);
  const verify = createTokenVerifier(keys, {
    issuer: issuer.url,
    audience: 'meridian',
    algorithms: ['RS256'],
    types: ['at+jwt'],
    lifetimeMs: 3_600_000,
    skewMs: 0,
    claims: { roles: 'roles', customerId: 'customer_id' },
  });
  try {
    return await verify(readFileSync(files.tokenFile, 'utf8'));
  } finally {
    keys.close();
  }
}

/** The reason of a login that gives no token. */
async function reasonOf(options: IssuerLoginOptions): Promise<string> {
  const error: unknown = await loginAtIssuer(options, files, never).catch((thrown: unknown) => thrown);
  if (!(error instanceof LoginError)) return `no LoginError: ${String(error)}`;
  expect(error.message).not.toContain(SECRET);
  return error.reason;
}

describe('a login of a client', () => {
  it('keeps a token that services take, where only its owner reads it', async () => {
    await loginAtIssuer(asClient(), files, never);
    expect(await keptCaller()).toMatchObject({ actor: 'user:batch', roles: ['importer'] });
    for (const file of [files.tokenFile, files.headersFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(files.tokenFile, 'utf8');
    expect(readFileSync(files.headersFile, 'utf8')).toBe(`authorization: Bearer ${token}\n`);
    expect(printed).toContain(files.tokenFile);
    expect(printed).not.toContain(token);
  });

  it('keeps the token where the environment says that commands find it', async () => {
    const tokenFile = path.join(folder, 'elsewhere', 'mine');
    await loginAtIssuer(asClient(), keptFiles(folder, { MERIDIAN_CLIENT_TOKEN_FILE: tokenFile }), never);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
  });

  it('keeps what it has when there is no new token', async () => {
    await loginAtIssuer(asClient(), files, never);
    const before = readFileSync(files.tokenFile, 'utf8');
    expect(await reasonOf({ ...asClient(), clientId: 'nobody' })).toBe('CLIENT_REFUSED');
    expect(readFileSync(files.tokenFile, 'utf8')).toBe(before);
  });

  it('says why there is no token', async () => {
    const wrong = path.join(folder, 'wrong-secret');
    writeFileSync(wrong, 'a guess, of two words');
    expect(await reasonOf({ ...asClient(), clientSecretFile: wrong })).toBe('SECRET_FILE');
    writeFileSync(wrong, 'a-guess');
    expect(await reasonOf({ ...asClient(), clientSecretFile: wrong })).toBe('CLIENT_REFUSED');
    const missing = path.join(folder, 'missing');
    expect(await reasonOf({ ...asClient(), clientSecretFile: missing })).toBe('SECRET_FILE');
    expect(await reasonOf({ ...asClient(), issuer: 'http://127.0.0.1:1' })).toBe('ISSUER_UNAVAILABLE');
    expect(await reasonOf({ ...asClient(), issuer: `${issuer.url}/other` })).toBe('ISSUER_INVALID');
    expect(await reasonOf({ ...asClient(), issuer: 'no url' })).toBe('ISSUER_INVALID');
    const { resource: _none, ...opaque } = asClient();
    expect(await reasonOf(opaque)).toBe('TOKEN_UNUSABLE');
  });

  it.each([
    'http://issuer.example.org',
    'http://127.0.0.1.example.org',
    'http://10.0.0.1',
    'ftp://localhost',
  ])('sends nothing to %s', async (url) => {
    const asked = vi.spyOn(globalThis, 'fetch');
    expect(await reasonOf({ ...asClient(), issuer: url })).toBe('ISSUER_NOT_SECURE');
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });

  it('sends no secret where an issuer of this machine names another one without TLS', async () => {
    const asked = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () =>
        Response.json({ issuer: issuer.url, token_endpoint: 'http://issuer.example.org/token' }),
      );
    expect(await reasonOf(asClient())).toBe('ISSUER_NOT_SECURE');
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
  });

  it('asks for what is missing', async () => {
    const { clientSecretFile: _file, ...withoutSecret } = asClient();
    await expect(loginAtIssuer(withoutSecret, files, never)).rejects.toThrow('--client-secret-file FILE');
    const { clientId: _id, ...withoutId } = asClient();
    await expect(loginAtIssuer(withoutId, files, never)).rejects.toThrow('--client-id ID');
  });
});

describe('a login of a person', () => {
  /** The code that the person is told. */
  const codeTold = async () => {
    await expect.poll(() => printed).toMatch(/confirm the code \S+/);
    return /confirm the code (\S+)/.exec(printed)?.[1] ?? '';
  };

  it('waits until the person has confirmed the code elsewhere', async () => {
    const loggedIn = loginAtIssuer(byDevice(), files, never);
    await issuer.confirm(await codeTold(), 'anna');
    await loggedIn;
    expect(printed).toContain(`open ${issuer.url}/device`);
    expect(await keptCaller()).toMatchObject({ actor: 'user:anna', roles: ['importer'] });
  });

  it('says that the person, or the time, has refused it', async () => {
    const denied = reasonOf(byDevice());
    await issuer.deny(await codeTold());
    expect(await denied).toBe('DEVICE_DENIED');
    expect(await reasonOf({ ...byDevice(), clientId: 'batch', clientSecretFile })).toBe('CLIENT_REFUSED');
  });

  it('ends with the signal', async () => {
    const ended = new AbortController();
    const login = loginAtIssuer(byDevice(), files, ended.signal);
    await codeTold();
    ended.abort(new Error('interrupted'));
    await expect(login).rejects.toThrow('interrupted');
  });
});
