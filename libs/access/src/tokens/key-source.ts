import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Log } from '@meridian/rpc';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';

/** The keys by which tokens are signed. */
export interface KeySource {
  /** The key of a token. Throws what jose throws when there is none. */
  readonly keyFor: (
    header: JWSHeaderParameters,
    token: FlattenedJWSInput,
  ) => CryptoKey | KeyObject | Promise<CryptoKey | KeyObject>;
  /** Rises when the keys change: what was signed by those before is to be looked at again. */
  version(): number;
  close(): void;
}

const REFRESH_MS = 10_000;
const MAX_FILE_BYTES = 1024 * 1024;
/** All of them may be tried for one token. */
const MAX_KEYS = 32;
/** How long keys of a URL are taken for the newest, and how soon they are asked for again when a token names another one. */
const KEPT_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const FETCH_MS = 3_000;

/**
 * Keys of a file: a JWKS, or public keys and certificates in PEM. The file is looked at again while the service runs; one that is not
 * usable is told in the log, and the keys before stay. A JWKS without any key takes them away: then no token counts. Rejects when the
 * file is not usable at first, or has no key.
 */
export async function keysOfFile(file: string, log?: Log, refreshMs = REFRESH_MS): Promise<KeySource> {
  let text = await readFile(file, 'utf8');
  if (isWithoutKeys(text)) throw new Error('the file of keys has no key');
  let find = finderOf(text);
  let version = 1;
  let problem: string | undefined;

  async function look(): Promise<void> {
    try {
      const newer = await readFile(file, 'utf8');
      if (newer !== text) {
        find = finderOf(newer);
        text = newer;
        version += 1;
        log?.info({ event: 'token-keys', file }, 'new keys of tokens are in use');
      }
      problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== problem)
        log?.error(
          { event: 'token-keys', file, problem: message },
          'new keys of tokens are not usable; the old ones stay',
        );
      problem = message;
    }
  }
  const timer = setInterval(() => void look(), refreshMs).unref();
  return {
    keyFor: (header, token) => find(header, token),
    version: () => version,
    close: () => clearInterval(timer),
  };
}

/**
 * Keys of a JWKS URL. They are fetched when first needed, and then every 10 minutes. They are also fetched when a token
 * names an unknown key, at most every 30 s. A token signed by a withdrawn key counts until the next fetch.
 */
export function keysOfUrl(url: URL): KeySource {
  let text = '';
  let version = 1;
  const find = createRemoteJWKSet(url, {
    cacheMaxAge: KEPT_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: FETCH_MS,
    [customFetch]: async (...asked) => {
      const answer = await fetch(...asked);
      const newer = await answer.clone().text();
      if (answer.ok && newer !== text) {
        text = newer;
        version += 1;
      }
      return answer;
    },
  });
  const timer = setInterval(() => void find.reload().catch(() => undefined), KEPT_MS).unref();
  return { keyFor: find, version: () => version, close: () => clearInterval(timer) };
}

function finderOf(text: string): KeySource['keyFor'] {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw new Error('the file of keys is larger than 1 MiB');
  if (!text.includes('-----BEGIN ')) return createLocalJWKSet(jwksOf(text));
  const find = createLocalJWKSet(jwksOfPem(text));
  // A key in PEM has no id: the one that a token names counts for nothing.
  return ({ kid: _kid, ...header }, token) => find(header, token);
}

/** Whether it is a JWKS with an empty list: what is left when the only key was taken out, since its secret got out. */
function isWithoutKeys(text: string): boolean {
  return !text.includes('-----BEGIN ') && jwksOf(text).keys.length === 0;
}

function jwksOf(text: string): JSONWebKeySet {
  const parsed: unknown = JSON.parse(text);
  if (!isKeySet(parsed)) throw new Error('the file of keys is no JWKS: it needs a list "keys"');
  if (parsed.keys.length > MAX_KEYS) throw new Error(`the file of keys has more than ${MAX_KEYS} keys`);
  const secret = parsed.keys.some(({ d, k }) => d !== undefined || k !== undefined);
  if (secret) throw new Error('the file of keys holds a secret: only public keys belong there');
  return parsed;
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
}

const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;

function jwksOfPem(text: string): JSONWebKeySet {
  const keys = [...text.matchAll(PEM)].map(([pem, kind = '']) => {
    if (kind.includes('PRIVATE'))
      throw new Error('the file of keys holds a secret: only public keys belong there');
    const key = kind === 'CERTIFICATE' ? new X509Certificate(pem).publicKey : createPublicKey(pem);
    return key.export({ format: 'jwk' });
  });
  if (keys.length === 0) throw new Error('the file of keys holds no key in PEM');
  return jwksOf(JSON.stringify({ keys }));
}
