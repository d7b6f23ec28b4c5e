import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSecret } from '@meridian/engines';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { z } from 'zod';
import { securityFolder } from './stack-secrets.ts';

/** The claim `iss` of the tokens that are signed here. */
export const DEVELOPMENT_ISSUER = 'urn:meridian:development';
const AUDIENCE = 'meridian';
const ALGORITHM = 'ES256';
const KEY_ID = 'development';

const keyFile = (folder: string) => join(securityFolder(folder), 'issuer-key.json');
const jwksFile = (folder: string) => join(securityFolder(folder), 'issuer-jwks.json');

const storedKey = z.looseObject({ kty: z.literal('EC'), d: z.string() });

/** The file of the issuer's public keys, as services read it. The key is made the first time. Never for production. */
export async function issuerKeysFile(folder: string): Promise<string> {
  const file = jwksFile(folder);
  if (existsSync(file) && existsSync(keyFile(folder))) return file;
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const open: JWK = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' };
  writeSecret(keyFile(folder), JSON.stringify(await exportJWK(privateKey)));
  writeSecret(file, JSON.stringify({ keys: [open] }));
  return file;
}

/** Whom a token is for. */
export interface TokenWish {
  readonly roles: readonly string[];
  /** The customer whose token it is; for the role `customer`. */
  readonly customerId?: string | undefined;
  readonly validS: number;
}

/** Signs a token of the development issuer. Rejects when the stack of the folder was never started closed. */
export async function issueToken(folder: string, { roles, customerId, validS }: TokenWish): Promise<string> {
  if (!existsSync(keyFile(folder)))
    throw new Error('there is no development issuer here: start the stack with `meridian up --secure`');
  const stored = storedKey.parse(JSON.parse(readFileSync(keyFile(folder), 'utf8')));
  const nowS = Math.floor(Date.now() / 1_000);
  return new SignJWT({ roles: [...roles], ...(customerId === undefined ? {} : { customer_id: customerId }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid: KEY_ID })
    .setIssuer(DEVELOPMENT_ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(`dev-${roles.join('-')}`)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + validS)
    .sign(await importJWK(stored, ALGORITHM));
}

/** The files that a caller of a closed stack needs. */
export const accessOf = (folder: string) => ({
  authorityFile: join(securityFolder(folder), 'authority.crt'),
  tokenFile: join(securityFolder(folder), 'token'),
  headersFile: join(securityFolder(folder), 'token-headers'),
});
