import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidArgument } from '@meridian/rpc';

/** Which list a page token belongs to: it opens for no other. */
export interface PageBinding {
  readonly method: string;
  /** Everything of the question but page_size, page_token and read. */
  readonly parameters: readonly string[];
  /** The generation of the tables that the page was read from. */
  readonly generation: number;
}

/** Makes and opens page tokens: opaque to callers, signed, and bound to their question. */
export interface PageTokens {
  seal(binding: PageBinding, cursor: readonly string[]): string;
  /** The cursor, or undefined for an empty token: the first page. Throws INVALID_ARGUMENT for a token that is not this question's. */
  open(binding: PageBinding, token: string): readonly string[] | undefined;
}

const SIGNATURE_BYTES = 16;

/** Uses a key that all replicas of a region share. */
export function createPageTokens(key: Buffer): PageTokens {
  const sign = ({ method, parameters, generation }: PageBinding, payload: Buffer) =>
    createHmac('sha256', key)
      .update(JSON.stringify([method, generation, parameters]))
      .update('\0')
      .update(payload)
      .digest()
      .subarray(0, SIGNATURE_BYTES);
  return {
    seal(binding, cursor) {
      const payload = Buffer.from(JSON.stringify(cursor));
      return Buffer.concat([sign(binding, payload), payload]).toString('base64url');
    },
    open(binding, token) {
      if (token === '') return undefined;
      const bytes = Buffer.from(token, 'base64url');
      const [signature, payload] = [bytes.subarray(0, SIGNATURE_BYTES), bytes.subarray(SIGNATURE_BYTES)];
      const genuine =
        signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, sign(binding, payload));
      if (!genuine) throw notThisQuestions();
      const cursor: unknown = JSON.parse(payload.toString());
      if (!Array.isArray(cursor) || !cursor.every((part) => typeof part === 'string'))
        throw notThisQuestions();
      return cursor;
    },
  };
}

function notThisQuestions(): Error {
  const description = 'is not a token of this question: begin again with an empty page_token';
  return invalidArgument([{ field: 'page_token', description }]);
}

/** The size of a page: 50 when the caller names none. */
export function pageSizeOf(requested: number): number {
  return requested === 0 ? 50 : requested;
}
