import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import type { TokenRules } from '../tokens/verify-token.ts';

/** An issuer of tokens for tests, with keys of its own. */
export interface TestIssuer {
  /** Its public key as a JWKS. */
  readonly jwks: string;
  readonly publicKey: CryptoKey;
  /** A token that the test rules take, unless what is given makes it another. */
  token(given?: TokenParts): Promise<string>;
}

/** What a token says that differs from a good one of a customer called anna. */
export interface TokenParts {
  readonly roles?: readonly string[] | string;
  readonly claims?: JWTPayload;
  readonly typ?: string;
  /** From now, in seconds. */
  readonly expiresIn?: number;
  readonly validIn?: number;
}

/** What the tests' verifiers take. */
export const TEST_RULES: TokenRules = {
  issuer: 'https://issuer.test',
  audience: 'meridian',
  algorithms: ['ES256'],
  types: ['at+jwt'],
  lifetimeMs: 3_600_000,
  skewMs: 5_000,
  claims: { roles: 'roles', customerId: 'customer_id' },
};

/** Makes an issuer. */
export async function createTestIssuer(kid = 'key-1'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    publicKey,
    token: (given = {}) => signed(privateKey, kid, given),
  };
}

function signed(key: CryptoKey, kid: string, given: TokenParts): Promise<string> {
  const { roles = ['customer'], claims = {}, typ = 'at+jwt', expiresIn = 600, validIn } = given;
  const now = Math.floor(Date.now() / 1_000);
  const { issuer: iss, audience: aud } = TEST_RULES;
  const payload = { iss, aud, sub: 'user-anna', customer_id: 'anna', roles, exp: now + expiresIn };
  const nbf = validIn === undefined ? {} : { nbf: now + validIn };
  return new SignJWT({ ...payload, ...nbf, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .sign(key);
}

/** A file of a test, in a folder of its own. */
export async function testFile(text: string) {
  const path = join(await mkdtemp(join(tmpdir(), 'meridian-keys-')), 'keys');
  await writeFile(path, text);
  return {
    path,
    /** Replaces the file as a whole. */
    async write(newer: string): Promise<void> {
      await writeFile(`${path}.new`, newer);
      await rename(`${path}.new`, path);
    },
  };
}
