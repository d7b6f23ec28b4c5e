import { createHmac, KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { ServerError, type Caller } from '@meridian/rpc';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestIssuer,
  TEST_RULES,
  testFile,
  type TestIssuer,
  type TokenParts,
} from '../testing/tokens.ts';
import { keysOfFile, keysOfUrl, type KeySource } from './key-source.ts';
import { createTokenVerifier } from './verify-token.ts';

let issuer: TestIssuer;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  issuer = await createTestIssuer();
});
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

function kept<Opened extends { close(): void }>(one: Opened): Opened {
  opened.push(one);
  return one;
}

async function verifier(rules = TEST_RULES, now = Date.now) {
  const { path } = await testFile(issuer.jwks);
  return createTokenVerifier(kept(await keysOfFile(path)), rules, now);
}

/** The reason by which a token is refused, or whose it is. */
async function outcome(verify: (token: string) => Caller | Promise<Caller>, token: string): Promise<string> {
  try {
    return (await verify(token)).id;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const details: unknown = Reflect.get(error, 'extra');
    const [info]: readonly { readonly reason?: string }[] = Array.isArray(details) ? details : [];
    if (token.length >= 20) expect(error.details).not.toContain(token.slice(0, 20));
    return info?.reason ?? 'no reason';
  }
}

const ANNA = 'https://issuer.test|user-anna';

/** The public key of an issuer, in PEM. */
function pemOf({ publicKey }: TestIssuer): string {
  return KeyObject.from(publicKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** When a token was issued, so many seconds ago, and when it ends. */
function issuedFor(seconds: number, agoSeconds = 0) {
  const iat = Math.floor(Date.now() / 1_000) - agoSeconds;
  return { iat, exp: iat + seconds };
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  it('is taken as it says who calls, in which roles, and until when', async () => {
    const verify = await verifier();
    const caller = await verify(await issuer.token({ roles: ['customer', 'finance'] }));
    expect(caller).toMatchObject({
      id: ANNA,
      actor: 'user:user-anna',
      roles: ['customer', 'finance'],
      customerId: 'anna',
    });
    expect(caller.expiresAtMs).toBeGreaterThan(Date.now());
  });

  it.each<readonly [string, TokenParts, string]>([
    ['of another issuer', { claims: { iss: 'https://other.test' } }, 'TOKEN_ISSUER'],
    ['for another audience', { claims: { aud: 'others' } }, 'TOKEN_AUDIENCE'],
    ['that has expired', { expiresIn: -6 }, 'TOKEN_EXPIRED'],
    ['that is not valid yet', { validIn: 10 }, 'TOKEN_NOT_YET_VALID'],
    ['of another type', { typ: 'logout+jwt' }, 'TOKEN_INVALID'],
    ['without a subject', { claims: { sub: '' } }, 'TOKEN_INVALID'],
    ['whose subject is no text', { claims: JSON.parse('{"sub":["anna"]}') }, 'TOKEN_INVALID'],
    ['that never expires', { claims: { exp: undefined } }, 'TOKEN_INVALID'],
    ['issued for longer than is taken', { claims: issuedFor(3_606) }, 'TOKEN_LIFETIME'],
    ['issued for long, and almost over', { claims: issuedFor(7_200, 7_190) }, 'TOKEN_LIFETIME'],
    ['issued for long, and later by its own word', { claims: issuedFor(7_200, -3_700) }, 'TOKEN_LIFETIME'],
    ['issued for long, without a word when', { expiresIn: 3_610 }, 'TOKEN_LIFETIME'],
    ['issued for as long as is taken', { claims: issuedFor(3_600) }, ANNA],
    ['within the skew of the clocks', { expiresIn: -2, validIn: 2 }, ANNA],
  ])('%s is answered so', async (_which, parts, expected) => {
    expect(await outcome(await verifier(), await issuer.token(parts))).toBe(expected);
  });

  it('without a signature, or signed with the public key as a secret, is none', async () => {
    const verify = await verifier();
    const [, payload = ''] = (await issuer.token()).split('.');
    const none = `${base64({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
    const header = base64({ alg: 'HS256', typ: 'at+jwt', kid: 'key-1' });
    const mac = createHmac('sha256', issuer.jwks).update(`${header}.${payload}`).digest('base64url');
    expect(await outcome(verify, none)).toBe('TOKEN_INVALID');
    expect(await outcome(verify, `${header}.${payload}.${mac}`)).toBe('TOKEN_INVALID');
    expect(await outcome(verify, 'x'.repeat(10_000))).toBe('TOKEN_INVALID');
  });

  it('that was changed anywhere, or is any other text, is refused and never repeated', async () => {
    const verify = await verifier();
    const good = await issuer.token();
    const changed = fc
      .tuple(fc.nat(good.length - 1), fc.constantFrom('A', 'z', '.', '_', ''))
      .map(([at, put]) => good.slice(0, at) + put + good.slice(at + 1))
      // The last character of a signature has bits that count for nothing.
      .filter((token) => token.slice(0, -1) !== good.slice(0, -1));
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.string()), async (token) => {
        expect(await outcome(verify, token)).toBe('TOKEN_INVALID');
      }),
      { numRuns: 150 },
    );
  });

  it('that is known is refused once it has expired', async () => {
    let now = Date.now();
    const verify = await verifier(TEST_RULES, () => now);
    const token = await issuer.token({ expiresIn: 60 });
    expect(await outcome(verify, token)).toBe(ANNA);
    now += 66_000;
    expect(await outcome(verify, token)).toBe('TOKEN_EXPIRED');
  });

  it('has its roles in objects or in one text where its issuer puts them there', async () => {
    const claims = { roles: 'realm_access.roles', customerId: 'meridian.customer' };
    const verify = await verifier({ ...TEST_RULES, claims });
    const given = { realm_access: { roles: ['operator', 7] }, meridian: { customer: 'anna' } };
    expect(await verify(await issuer.token({ claims: given }))).toMatchObject({
      roles: ['operator'],
      customerId: 'anna',
    });
    const text = await verifier({ ...TEST_RULES, claims: { ...claims, roles: 'scope' } });
    expect(await text(await issuer.token({ claims: { scope: 'warehouse finance' } }))).toMatchObject({
      roles: ['warehouse', 'finance'],
    });
  });

  it('of an e-mail address as its subject leaves no personal data in the journal', async () => {
    const verify = await verifier();
    const { actor } = await verify(await issuer.token({ claims: { sub: 'anna@example.org' } }));
    expect(actor).toMatch(/^user:sha256-[0-9a-f]{32}$/);
  });
});

describe('the keys of tokens', () => {
  it('change with their file: what the old key signed is refused, also where it was known', async () => {
    const file = await testFile(issuer.jwks);
    const verify = createTokenVerifier(kept(await keysOfFile(file.path, undefined, 10)), TEST_RULES);
    const next = await createTestIssuer('key-2');
    const [old, newer] = [await issuer.token(), await next.token()];
    expect(await outcome(verify, old)).toBe(ANNA);
    expect(await outcome(verify, newer)).toBe('TOKEN_INVALID');
    await file.write(next.jwks);
    await expect.poll(() => outcome(verify, newer)).toBe(ANNA);
    expect(await outcome(verify, old)).toBe('TOKEN_INVALID');
    await file.write('{ half a fi');
    await expect.poll(() => outcome(verify, newer)).toBe(ANNA);
  });

  it('may all be taken away by an empty list, and are none at the start by mistake', async () => {
    const empty = JSON.stringify({ keys: [] });
    const file = await testFile(issuer.jwks);
    const verify = createTokenVerifier(kept(await keysOfFile(file.path, undefined, 10)), TEST_RULES);
    const token = await issuer.token();
    expect(await outcome(verify, token)).toBe(ANNA);
    await file.write(empty);
    await expect.poll(() => outcome(verify, token)).toBe('TOKEN_INVALID');
    await expect(keysOfFile(file.path)).rejects.toThrow('has no key');
  });

  it('are read in PEM, too, and never with a secret among them', async () => {
    const pem = pemOf(issuer) + pemOf(await createTestIssuer());
    const { path } = await testFile(pem);
    const verify = createTokenVerifier(kept(await keysOfFile(path)), TEST_RULES);
    expect(await outcome(verify, await issuer.token())).toBe(ANNA);
    expect(await outcome(verify, await (await createTestIssuer()).token())).toBe('TOKEN_INVALID');
    const secret = await testFile(JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }));
    await expect(keysOfFile(secret.path)).rejects.toThrow('holds a secret');
    await expect(keysOfFile((await testFile('{}')).path)).rejects.toThrow('is no JWKS');
  });

  it('come from a URL; while it is away callers may try again', async () => {
    const served = { jwks: '' };
    const server = createServer((_request, response) => {
      response.statusCode = served.jwks === '' ? 503 : 200;
      response.end(served.jwks);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(server);
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const source: KeySource = kept(keysOfUrl(new URL(`http://127.0.0.1:${port}/jwks`)));
    const verify = createTokenVerifier(source, TEST_RULES);
    expect(await outcome(verify, await issuer.token())).toBe('TOKEN_KEYS_UNAVAILABLE');
    served.jwks = issuer.jwks;
    expect(await outcome(verify, await issuer.token())).toBe(ANNA);
  });
});
