import { invalidArgument } from '@meridian/rpc';
import type { ErasureCursor, ListErasuresOptions } from '@meridian/sealing';
import { z } from 'zod';

type State = ListErasuresOptions['state'];

const shape = z.tuple([z.string(), z.int().min(0).max(8_640_000_000_000_000), z.string().min(1).max(64)]);

/**
 * A page token for a place in the list, for the same state only. It is not signed: whoever may list erasures may begin anywhere, and
 * the place is bound as a value in SQL.
 */
export function tokenOfCursor({ customerId, erasedAt }: ErasureCursor, state: State): string {
  return Buffer.from(JSON.stringify([state ?? '', erasedAt.getTime(), customerId])).toString('base64url');
}

/** The place that a page token names; undefined for an empty token. Throws INVALID_ARGUMENT for a token that is not this question's. */
export function cursorOfToken(token: string, state: State): ErasureCursor | undefined {
  if (token === '') return undefined;
  const parsed = shape.safeParse(jsonOf(token));
  if (!parsed.success || parsed.data[0] !== (state ?? '')) throw notThisQuestions();
  const [, at, customerId] = parsed.data;
  return { customerId, erasedAt: new Date(at) };
}

function jsonOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function notThisQuestions(): Error {
  const description = 'is not a token of this question: begin again with an empty page_token';
  return invalidArgument([{ field: 'page_token', description }]);
}
