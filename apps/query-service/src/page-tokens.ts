import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { invalidArgument } from '@meridian/rpc';
import { z } from 'zod';
import type { ReadModel } from './read-model.ts';

/** The list that a page token belongs to. The token opens for no other list. */
export interface PageBinding {
  readonly method: string;
  /** Everything of the question but page_size, page_token and read. */
  readonly parameters: readonly string[];
}

/** Where a page starts. */
export interface PageStart {
  /** The generation that the list is read from, from its first page to its last. */
  readonly generation: number;
  /** The last entry of the page before; undefined for the first page. */
  readonly cursor: readonly string[] | undefined;
}

/** The read model that a list is read from, as far as its pages care. */
export type PagedModel = Pick<ReadModel, 'live' | 'keeps'>;

/** Makes and opens page tokens: opaque to callers, signed, bound to their question, and kept to their generation. */
export interface PageTokens {
  seal(binding: PageBinding, generation: number, cursor: readonly string[]): string;
  /** An empty token is the first page. Throws INVALID_ARGUMENT for a token that is not this question's, or of a generation that is gone. */
  open(binding: PageBinding, token: string, model: PagedModel): PageStart;
}

const SIGNATURE_BYTES = 16;
const payloadShape = z.tuple([z.int()], z.string());

/** Uses keys that all replicas of a region share. The first key signs; a token that any of the keys signed is opened. */
export function createPageTokens(first: Buffer, ...older: readonly Buffer[]): PageTokens {
  const current = createSecretKey(first);
  const all = [current, ...older.map((bytes) => createSecretKey(bytes))];
  const signBy = (key: KeyObject, { method, parameters }: PageBinding, payload: Buffer) =>
    createHmac('sha256', key)
      .update(JSON.stringify([method, parameters]))
      .update('\0')
      .update(payload)
      .digest()
      .subarray(0, SIGNATURE_BYTES);
  return {
    seal(binding, generation, cursor) {
      const payload = Buffer.from(JSON.stringify([generation, ...cursor]));
      return Buffer.concat([signBy(current, binding, payload), payload]).toString('base64url');
    },
    open(binding, token, model) {
      if (token === '') return { generation: model.live(), cursor: undefined };
      const bytes = Buffer.from(token, 'base64url');
      const [signature, payload] = [bytes.subarray(0, SIGNATURE_BYTES), bytes.subarray(SIGNATURE_BYTES)];
      const genuine =
        signature.length === SIGNATURE_BYTES &&
        all.some((key) => timingSafeEqual(signature, signBy(key, binding, payload)));
      if (!genuine) throw notThisQuestions();
      const [generation, ...cursor] = payloadShape.parse(JSON.parse(payload.toString()));
      if (!model.keeps(generation)) throw notThisQuestions();
      return { generation, cursor };
    },
  };
}

function notThisQuestions(): Error {
  const description =
    'is not a page token of this question with these arguments: begin again with an empty page_token';
  return invalidArgument([{ field: 'page_token', description }]);
}

/** The size of a page: 50 when the caller names none. */
export function pageSizeOf(requested: number): number {
  return requested === 0 ? 50 : requested;
}
