import type { MeridianClientOptions } from '@meridian/client';
import { issueToken, type RunningStack } from '@meridian/local-stack';

/** What a client needs to call as somebody. */
export type Caller = Pick<MeridianClientOptions, 'accessToken'>;

const TOKEN_VALID_S = 600;
const RENEWED_BEFORE_MS = 60_000;

/**
 * A caller with these roles, whose tokens are the development issuer's of the stack. On an open stack, which asks
 * nobody, a caller has no token.
 */
export function callerOf(stack: Pick<RunningStack, 'access' | 'folder'>, roles: readonly string[]): Caller {
  if (!stack.access) return {};
  let kept: { readonly token: Promise<string>; readonly untilMs: number } | undefined;
  return {
    accessToken() {
      if (!kept || Date.now() >= kept.untilMs) {
        const untilMs = Date.now() + TOKEN_VALID_S * 1_000 - RENEWED_BEFORE_MS;
        kept = { token: issueToken(stack.folder, { roles, validS: TOKEN_VALID_S }), untilMs };
      }
      return kept.token;
    },
  };
}
