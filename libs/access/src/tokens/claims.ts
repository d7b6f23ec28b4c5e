import { createHash } from 'node:crypto';
import { unauthenticated, type Caller } from '@meridian/rpc';
import type { JWTPayload } from 'jose';

/** Under which names an issuer puts what is asked of a token. */
export interface ClaimNames {
  /** A list of roles, or one text with spaces between them. A name with dots leads into objects: `realm_access.roles`. */
  readonly roles: string;
  /** The id of the customer whose token it is. */
  readonly customerId: string;
}

const MAX_ROLES = 32;
/** As the journal takes it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,55}$/;

/** The caller that a verified token names. Its skew counts for its end, too. */
export function callerOfClaims(
  payload: JWTPayload,
  { claims, skewMs }: { readonly claims: ClaimNames; readonly skewMs: number },
): Caller {
  const { iss = '', exp = 0 } = payload;
  // What a token claims is JSON of any shape, whatever its type says.
  const sub: unknown = payload.sub;
  if (typeof sub !== 'string' || sub === '')
    throw unauthenticated('TOKEN_INVALID', 'your token names no subject: ask for one that does');
  const customerId = claim(payload, claims.customerId);
  return {
    id: `${iss}|${sub}`,
    actor: actorOf(sub),
    roles: rolesIn(claim(payload, claims.roles)),
    customerId: typeof customerId === 'string' ? customerId : undefined,
    expiresAtMs: exp * 1_000 + skewMs,
  };
}

/**
 * The subject as the journal names it. The journal is kept for good and holds no personal data. A subject that is no
 * plain name, such as an e-mail address, is recorded as its hash.
 */
function actorOf(sub: string): string {
  if (NAME.test(sub)) return `user:${sub}`;
  return `user:sha256-${createHash('sha256').update(sub).digest('hex').slice(0, 32)}`;
}

function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name.split('.').reduce<unknown>((holder, step) => ownValue(holder, step), payload);
}

function ownValue(holder: unknown, step: string): unknown {
  return typeof holder === 'object' && holder !== null
    ? Object.getOwnPropertyDescriptor(holder, step)?.value
    : undefined;
}

function rolesIn(value: unknown): readonly string[] {
  const words: readonly unknown[] =
    typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return words.filter((word): word is string => typeof word === 'string').slice(0, MAX_ROLES);
}
