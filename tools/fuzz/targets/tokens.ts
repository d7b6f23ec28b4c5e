import { randomBytes } from 'node:crypto';
import {
  ConsistencyToken,
  CONTEXTS,
  fromToken,
  mergePositions,
  parsePartitionKey,
  toToken,
  toWireContext,
} from '@meridian/contracts';
import { ServerError, Status } from '@meridian/rpc';
import fc from 'fast-check';
import { createPageTokens } from '../../../apps/query-service/src/page-tokens.ts';
import { formsOf, leakIn } from '../leaks.ts';
import { edgeNumber, hostileText, mutated, mutatedText } from '../mutations.ts';
import { FindingError, target, type Target } from '../target.ts';

const binding = { method: 'ListProducts', parameters: ['GBP'] };
const model = { live: () => 2, keeps: (generation: number) => generation <= 2 };

/** Page tokens: whatever was not sealed for the question is refused with INVALID_ARGUMENT, which repeats none of it. */
export function pageTokenTarget(): Target {
  const key = randomBytes(32);
  const tokens = createPageTokens(key);
  const sealed = fc
    .tuple(fc.constantFrom(1, 2), fc.array(hostileText, { maxLength: 3 }))
    .map(([generation, cursor]) => tokens.seal(binding, generation, cursor));
  return target<{ readonly token: string; readonly genuine: string }>({
    name: 'page tokens',
    inputs: sealed.chain((genuine) =>
      fc
        .oneof(
          hostileText,
          mutatedText(fc.constant(genuine)),
          fc.constant(`${genuine}A`),
          fc.base64String({ maxLength: 80 }),
        )
        .map((token) => ({ token, genuine })),
    ),
    inputsPerTurn: 150,
    try({ token, genuine }) {
      const bytes = Buffer.from(token, 'base64url');
      // Other text may stand for the same bytes.
      if (token === '' || bytes.equals(Buffer.from(genuine, 'base64url'))) return;
      try {
        tokens.open(binding, token, model);
      } catch (error) {
        if (!(error instanceof ServerError) || error.code !== Status.INVALID_ARGUMENT)
          throw new FindingError('a page token failed otherwise than with INVALID_ARGUMENT', {
            cause: error,
          });
        const leak = leakIn(error.details, formsOf(key));
        if (leak !== undefined) throw new FindingError(`the refusal of a page token ${leak}`);
        return;
      }
      throw new FindingError('a page token was taken that nobody sealed');
    },
  });
}

const entries = fc.array(
  fc.record({
    context: fc.constantFrom(...CONTEXTS).map(toWireContext),
    partition: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 2 ** 32 - 1 })),
    position: edgeNumber.map((number) => BigInt.asUintN(64, number)),
  }),
  { maxLength: 200 },
);

/** Consistency tokens: every message that decodes merges by maximum, and goes through its other form unchanged. */
export function consistencyTokenTarget(): Target {
  const sound = entries.map((list) => ConsistencyToken.encode({ entries: list }).finish());
  return target<Uint8Array>({
    name: 'consistency tokens',
    inputs: fc.oneof(sound, mutated(sound)),
    inputsPerTurn: 100,
    try(bytes) {
      let token: ConsistencyToken;
      try {
        token = ConsistencyToken.decode(bytes);
      } catch {
        return;
      }
      const positions = fromToken(token);
      for (const [key, position] of positions) {
        const { partition } = parsePartitionKey(key);
        if (!Number.isInteger(partition) || position < 0n) throw new FindingError(`no position: ${key}`);
      }
      const again = fromToken(toToken(mergePositions(positions, positions)));
      if (again.size !== positions.size || [...positions].some(([key, at]) => again.get(key) !== at))
        throw new FindingError('a consistency token changed on its way through its other form');
    },
  });
}
