import { failureOf, type MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import type { ImportIds } from './import-ids.ts';
import type { Patience } from './patience.ts';

/** The currency of the file's prices. */
export const CURRENCY = 'GBP';

/** What the steps of an import need. */
export interface Sending {
  readonly client: MeridianClient;
  readonly ids: ImportIds;
  readonly patiently: Patience;
  /** Told of every order that this run placed, as soon as it is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
}

/** What a command came to. Refused: the stable reason, such as INSUFFICIENT_STOCK. */
export type Outcome<Answer> =
  | { readonly kind: 'accepted'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly reason: string };

const REFUSALS: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
  'ABORTED',
  'INVALID_ARGUMENT',
]);

/** Sends a command, patiently; a refusal is an outcome, not an error. Rejects with what no patience helps against. */
export async function send<Answer>(
  patiently: Patience,
  call: () => Promise<Answer>,
): Promise<Outcome<Answer>> {
  try {
    return { kind: 'accepted', answer: await patiently(call) };
  } catch (error) {
    const failure = failureOf(error);
    if (!failure || !REFUSALS.has(failure.status)) throw error;
    return { kind: 'refused', reason: failure.reason || failure.status };
  }
}

/**
 * Sends a command that has to be accepted, or to be refused because it was done before: for one of these reasons, or because its
 * request id was used. Rejects with an error that says what was refused.
 */
export async function sendOrDone(
  { patiently }: Pick<Sending, 'patiently'>,
  done: readonly string[],
  what: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const outcome = await send(patiently, call);
  if (outcome.kind === 'accepted' || done.includes(outcome.reason)) return;
  if (outcome.reason === 'REQUEST_ID_REUSED') return;
  throw new Error(`${what} was refused: ${outcome.reason}`);
}
