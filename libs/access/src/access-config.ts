import { isLoopback } from '@meridian/rpc';
import { field } from '@meridian/service-host';
import { z } from 'zod';

const path = () => z.string().min(1).max(4_096);
const words = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9+._-]+(,[A-Za-z0-9+._-]+)*$/, 'must be words with commas between them')
    .transform((list) => list.split(','));

/** Algorithms of signatures by a private key. With a symmetric one, whoever checks tokens could make them. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]);
const algorithms = () =>
  words().refine(
    (list) => list.every((name) => ALGORITHMS.has(name)),
    `must be some of ${[...ALGORITHMS].join(', ')}`,
  );

/** What a service with a gRPC listener is told of who may call it; for `baseConfig.extend`. */
export const accessFields = {
  /** `closed`: callers prove who they are, and the table says what each may do. `open`: everybody may do everything. */
  MERIDIAN_ACCESS: z.enum(['open', 'closed']).default('open'),
  /** `network`: an open listener, or one without TLS, may bind to other addresses than this machine's own. */
  MERIDIAN_OPEN_TO: z.enum(['loopback', 'network']).default('loopback'),
  /** The certificate of the listener, in PEM, followed by those between it and its authority's. */
  MERIDIAN_TLS_CERTIFICATE_FILE: path().optional(),
  MERIDIAN_TLS_KEY_FILE: path().optional(),
  /** The private authority that signs the client certificates of services. */
  MERIDIAN_TLS_CLIENT_AUTHORITY_FILE: path().optional(),
  /** Who issues tokens: the claim `iss`. */
  MERIDIAN_TOKEN_ISSUER: z.string().min(1).max(512).optional(),
  /** For whom tokens are issued: the claim `aud`. */
  MERIDIAN_TOKEN_AUDIENCE: z.string().min(1).max(512).default('meridian'),
  /** The issuer's public keys: a JWKS, or keys and certificates in PEM. */
  MERIDIAN_TOKEN_KEYS_FILE: path().optional(),
  /** The same, from a JWKS URL. */
  MERIDIAN_TOKEN_KEYS_URL: field.url('https:').optional(),
  MERIDIAN_TOKEN_ALGORITHMS: algorithms().default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  /** What the header `typ` of a token may be, without regard to case. */
  MERIDIAN_TOKEN_TYPES: words().default(['at+jwt', 'jwt']),
  /** For how long a token may be issued, from `iat` to `exp`. A longer one is refused, however much of it is over. */
  MERIDIAN_TOKEN_LIFETIME_MS: field
    .durationMs({ min: 60_000, max: 7 * 24 * 3_600_000 })
    .default(2 * 3_600_000),
  /** By how much the clocks of the issuer and of this service may differ. */
  MERIDIAN_TOKEN_SKEW_MS: field.durationMs({ min: 0, max: 300_000 }).default(30_000),
  MERIDIAN_TOKEN_ROLES_CLAIM: field.name().default('roles'),
  MERIDIAN_TOKEN_CUSTOMER_CLAIM: field.name().default('customer_id'),
  /** Unary calls that one caller may have under way; more are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_CALLS_PER_CALLER: field.wholeNumber({ min: 1, max: 100_000 }).default(200),
  /** Streams that one caller may have open, watches among them. */
  MERIDIAN_STREAMS_PER_CALLER: field.wholeNumber({ min: 1, max: 100_000 }).default(100),
  /** Whether reflection shows the contract: `on` where the listener is open and `off` where it is closed, unless set. */
  MERIDIAN_REFLECTION: z.enum(['on', 'off']).optional(),
};

/** What a service with a gRPC listener is told of who may call it. */
export type AccessConfig = z.output<z.ZodObject<typeof accessFields>> & {
  readonly MERIDIAN_GRPC_ADDRESS: string;
};

/** Variables that protect nothing while the listener is open. */
const ONLY_CLOSED = [
  'MERIDIAN_TLS_CLIENT_AUTHORITY_FILE',
  'MERIDIAN_TOKEN_ISSUER',
  ...keyVariables(),
] as const;

function keyVariables() {
  return ['MERIDIAN_TOKEN_KEYS_FILE', 'MERIDIAN_TOKEN_KEYS_URL'] as const;
}

/** What is wrong between the variables of a listener, whatever else may be; each line starts with a variable's name. */
export function accessProblems(set: Readonly<Record<string, string>>): readonly string[] {
  const has = (name: string): boolean => set[name] !== undefined;
  return [
    ...tlsProblems(has),
    ...(set['MERIDIAN_ACCESS'] === 'closed' ? closedProblems(has) : openProblems(has)),
    ...networkProblems(set, has),
  ];
}

type Has = (name: string) => boolean;

function tlsProblems(has: Has): readonly string[] {
  const [certificate, key] = ['MERIDIAN_TLS_CERTIFICATE_FILE', 'MERIDIAN_TLS_KEY_FILE'];
  const told = [];
  if (has(certificate) && !has(key)) told.push(`${key}: is not set, and ${certificate} needs its key`);
  if (has(key) && !has(certificate)) told.push(`${certificate}: is not set, and ${key} is a key of it`);
  if (has('MERIDIAN_TLS_CLIENT_AUTHORITY_FILE') && !has(certificate))
    told.push(`${certificate}: is not set: without TLS no client shows a certificate`);
  return told;
}

function openProblems(has: Has): readonly string[] {
  const idle = ONLY_CLOSED.filter(has);
  if (idle.length === 0) return [];
  return [
    `MERIDIAN_ACCESS: is open, so ${idle.join(', ')} would protect nothing: set it to closed, or unset them`,
  ];
}

function closedProblems(has: Has): readonly string[] {
  const keys = keyVariables().filter(has);
  const issuer = has('MERIDIAN_TOKEN_ISSUER');
  const told = [];
  if (keys.length === 2)
    told.push('MERIDIAN_TOKEN_KEYS_URL: is set beside MERIDIAN_TOKEN_KEYS_FILE: unset one');
  if (issuer && keys.length === 0)
    told.push(
      'MERIDIAN_TOKEN_KEYS_FILE: is not set, nor is MERIDIAN_TOKEN_KEYS_URL: tokens need one of them',
    );
  if (!issuer && keys.length > 0) told.push('MERIDIAN_TOKEN_ISSUER: is not set: say who issues tokens');
  if (!issuer && keys.length === 0 && !has('MERIDIAN_TLS_CLIENT_AUTHORITY_FILE'))
    told.push(
      'MERIDIAN_ACCESS: is closed to everybody: name an issuer of tokens, or an authority of clients',
    );
  return told;
}

function networkProblems(set: Readonly<Record<string, string>>, has: Has): readonly string[] {
  const address = set['MERIDIAN_GRPC_ADDRESS'];
  // An address of another form is told by its own field.
  const isOwn = address === undefined || isLoopback(address) || !field.hostPort().safeParse(address).success;
  if (isOwn || set['MERIDIAN_OPEN_TO'] === 'network') return [];
  if (set['MERIDIAN_ACCESS'] !== 'closed')
    return [
      'MERIDIAN_GRPC_ADDRESS: an open service binds to this machine only: set MERIDIAN_ACCESS to closed, or ' +
        'MERIDIAN_OPEN_TO to network where only those reach it who may do everything',
    ];
  if (has('MERIDIAN_TLS_CERTIFICATE_FILE')) return [];
  return [
    'MERIDIAN_TLS_CERTIFICATE_FILE: is not set, and tokens would travel as they are: name a certificate, or set ' +
      'MERIDIAN_OPEN_TO to network where something else encrypts',
  ];
}
