import { ServerError, Status, type Caller } from '@meridian/rpc';
import fc from 'fast-check';
import { keysOfFile } from '../../../libs/access/src/tokens/key-source.ts';
import { createTokenVerifier } from '../../../libs/access/src/tokens/verify-token.ts';
import { createTestIssuer, TEST_RULES, testFile } from '../../../libs/access/src/testing/tokens.ts';
import { hostileText, mutated, mutatedText } from '../mutations.ts';
import { FindingError, target, type Target } from '../target.ts';

const json = fc.json({ maxDepth: 3 });
const segment = fc.oneof(
  json.map((text) => Buffer.from(text).toString('base64url')),
  fc.constantFrom(
    ...['{"alg":"none"}', '{"alg":"HS256"}', '{"alg":"ES256","crit":["b64"],"b64":false}'].map((text) =>
      Buffer.from(text).toString('base64url'),
    ),
  ),
  fc.base64String({ maxLength: 60 }),
);
const claims = fc.dictionary(
  fc.constantFrom('roles', 'customer_id', 'sub', 'exp', 'nbf', 'aud', 'iss', '__proto__', 'x'),
  fc.jsonValue({ maxDepth: 2 }),
);

const partsOf = (token: string): readonly Buffer[] =>
  token.split('.').map((part) => Buffer.from(part, 'base64url'));

/** JSON Web Tokens: no token but one that was signed is taken, and no refusal repeats one. */
export async function accessTokenTarget(): Promise<{ readonly target: Target; close(): void }> {
  const issuer = await createTestIssuer();
  const keys = await keysOfFile((await testFile(issuer.jwks)).path);
  const verify = createTokenVerifier(keys, TEST_RULES);
  const genuine = await issuer.token({ roles: ['operator'] });
  const signature = genuine.split('.')[2] ?? '';
  const isGenuine = (token: string): boolean => {
    const [parts, others] = [partsOf(token), partsOf(genuine)];
    return parts.length === 3 && parts.every((part, index) => others[index]?.equals(part) === true);
  };
  const forged = fc.oneof(
    hostileText,
    mutatedText(fc.constant(genuine)),
    fc.tuple(segment, segment, fc.oneof(fc.constant(signature), segment)).map((three) => three.join('.')),
    mutated(fc.constant(Buffer.from(signature, 'base64url'))).map((bytes) =>
      [...genuine.split('.').slice(0, 2), Buffer.from(bytes).toString('base64url')].join('.'),
    ),
  );

  /** The caller of a token, or undefined for one that is refused as it has to be. */
  async function asked(token: string): Promise<Caller | undefined> {
    try {
      return await verify(token);
    } catch (error) {
      if (!(error instanceof ServerError))
        throw new FindingError('a token failed without a status', { cause: error });
      if (token.length >= 20 && error.details.includes(token.slice(0, 20)))
        throw new FindingError('the refusal of a token repeats it');
      if (error.code !== Status.UNAUTHENTICATED)
        throw new FindingError(`a token was refused with status ${error.code}`);
      return undefined;
    }
  }
  const inputs = fc.oneof(
    forged.map((token) => ({ kind: 'forged' as const, token })),
    claims.map((given) => ({ kind: 'signed' as const, given })),
  );
  const one = target<
    | { readonly kind: 'forged'; readonly token: string }
    | { readonly kind: 'signed'; readonly given: Readonly<Record<string, unknown>> }
  >({
    name: 'access tokens',
    inputs,
    inputsPerTurn: 60,
    async try(input) {
      if (input.kind === 'signed') {
        // A good signature over odd claims: a caller with known roles, or a refusal.
        const caller = await asked(await issuer.token({ claims: input.given }));
        if (caller && !(typeof caller.id === 'string' && Number.isFinite(caller.expiresAtMs)))
          throw new FindingError('a caller without an id or an end was taken');
      } else if ((await asked(input.token)) && !isGenuine(input.token))
        throw new FindingError('a token was taken that nobody signed');
    },
  });
  return { target: one, close: () => keys.close() };
}
