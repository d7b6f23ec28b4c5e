import { createHash } from 'node:crypto';
import { resourceExhausted, ServerError, unauthenticated, unavailable, type Caller } from '@meridian/rpc';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions, type JWTVerifyResult } from 'jose';
import { callerOfClaims, type ClaimNames } from './claims.ts';
import type { KeySource } from './key-source.ts';

/** Which tokens are good. */
export interface TokenRules {
  /** Who must have issued it: the claim `iss`. */
  readonly issuer: string;
  /** For whom it must have been issued: the claim `aud`. */
  readonly audience: string;
  /** The algorithms of signatures that are taken, such as `ES256`; never a symmetric one, and never none. */
  readonly algorithms: readonly string[];
  /** What the header `typ` may be, such as `at+jwt`. */
  readonly types: readonly string[];
  /** For how long a token may be issued. */
  readonly lifetimeMs: number;
  /** By how much clocks may differ. */
  readonly skewMs: number;
  readonly claims: ClaimNames;
}

/** Says whose a token is. Throws UNAUTHENTICATED, which never repeats the token. */
export type VerifyToken = (token: string) => Caller | Promise<Caller>;

const MAX_TOKEN_BYTES = 8 * 1024;
const MAX_KEPT = 10_000;
const MAX_VERIFYING = 1_000;

/**
 * Verifies tokens. A token that was found good is known again until it expires or the keys change: a signature costs more than a
 * question. At most 10,000 are kept, by their SHA-256, and at most 1,000 are looked at at once.
 */
export function createTokenVerifier(keys: KeySource, rules: TokenRules, now = Date.now): VerifyToken {
  const kept = new Map<string, Caller>();
  let keptVersion = keys.version();
  let verifying = 0;

  async function verify(token: string, digest: string): Promise<Caller> {
    if (verifying >= MAX_VERIFYING) throw busy();
    verifying += 1;
    try {
      const version = keys.version();
      const caller = callerOfClaims(await verified(token, keys, rules, now), rules);
      if (version === keys.version()) keep(digest, caller);
      return caller;
    } finally {
      verifying -= 1;
    }
  }

  function keep(digest: string, caller: Caller): void {
    if (keptVersion !== keys.version()) kept.clear();
    keptVersion = keys.version();
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(digest, caller);
  }

  return (token) => {
    if (token.length > MAX_TOKEN_BYTES) throw invalid();
    const digest = createHash('sha256').update(token).digest('base64');
    const known = keptVersion === keys.version() ? kept.get(digest) : undefined;
    if (!known) return verify(token, digest);
    if ((known.expiresAtMs ?? 0) > now()) return known;
    kept.delete(digest);
    throw expired();
  };
}

async function verified(
  token: string,
  keys: KeySource,
  { issuer, audience, algorithms, types, lifetimeMs, skewMs }: TokenRules,
  now: () => number,
): Promise<JWTPayload> {
  const options = {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance: skewMs / 1_000,
    requiredClaims: ['exp', 'sub'],
    currentDate: new Date(now()),
  };
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys.keyFor, options).catch(
      (error: unknown) => verifiedByOne(token, error, options),
    );
    if (!types.includes(typeOf(protectedHeader.typ))) throw new errors.JWTInvalid('another typ');
    if (issuedForMs(payload, now()) > lifetimeMs + skewMs) throw issuedForLong();
    return payload;
  } catch (error) {
    throw toldOf(error);
  }
}

/**
 * For how long a token was issued. One that does not say when, or names a time to come, counts as issued now. Then
 * it is refused until what is left is short enough.
 */
function issuedForMs({ iat, nbf, exp = 0 }: JWTPayload, nowMs: number): number {
  const fromMs = Math.min((iat ?? nbf ?? Infinity) * 1_000, nowMs);
  return exp * 1_000 - fromMs;
}

/** Tries the keys one by one where a token does not say which of them signed it. A source has few. */
async function verifiedByOne(
  token: string,
  error: unknown,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
  for await (const key of error) {
    try {
      return await jwtVerify(token, key, options);
    } catch (failed) {
      if (!(failed instanceof errors.JWSSignatureVerificationFailed)) throw failed;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** As RFC 7515 has it: `application/` may be left out, and case does not count. */
const typeOf = (typ: string | undefined): string => (typ ?? '').toLowerCase().replace(/^application\//, '');

/** What jose says when a JWKS URL does not answer, or not with keys. What `fetch` throws comes as it is. */
const KEYS_AWAY: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/** What a caller is told: what to do, and no word of the token. */
function toldOf(error: unknown): unknown {
  if (error instanceof ServerError) return error;
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf')
      return refused('TOKEN_NOT_YET_VALID', 'is not valid yet: wait, or set your clock');
    if (error.claim === 'iss')
      return refused(
        'TOKEN_ISSUER',
        'comes from an issuer that is not trusted here: ask an issuer of this system for one',
      );
    if (error.claim === 'aud')
      return refused('TOKEN_AUDIENCE', 'was issued for others: ask for one for this service');
    return invalid();
  }
  if (error instanceof errors.JOSEError && !KEYS_AWAY.has(error.code)) return invalid();
  return unavailable('TOKEN_KEYS_UNAVAILABLE', 'the keys that sign tokens cannot be read now; try again', {
    retryDelayMs: 1_000,
  });
}

const refused = (reason: string, told: string): Error => unauthenticated(reason, `your token ${told}`);
const issuedForLong = (): Error =>
  refused('TOKEN_LIFETIME', 'was issued for longer than is taken here: ask for one that ends sooner');
const expired = (): Error => refused('TOKEN_EXPIRED', 'has expired: ask for a new one');
const invalid = (): Error => refused('TOKEN_INVALID', 'is not valid for this service: ask for a new one');
const busy = (): Error =>
  resourceExhausted('TOO_MANY_TOKENS', 'too many tokens are being checked now; try again', 500);
