import { failureOf, type MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import type { ImportIds } from './import-ids.ts';
import type { Patience, PatientCall } from './patience.ts';

/** The currency of the file's prices. */
export const CURRENCY = 'GBP';

/** The calls that an import makes. */
export interface ImportCalls {
  readonly catalog: Pick<MeridianClient['catalog'], 'createProduct'>;
  readonly inventory: Pick<MeridianClient['inventory'], 'receiveStock'>;
  readonly customers: Pick<MeridianClient['customers'], 'registerCustomer'>;
  readonly orders: Pick<
    MeridianClient['orders'],
    'placeOrder' | 'payOrder' | 'shipOrder' | 'returnItems' | 'getOrder' | 'listOrderHistory'
  >;
}

/** What the steps of an import need. */
export interface Sending {
  readonly client: ImportCalls;
  readonly ids: ImportIds;
  readonly patiently: Patience;
  /** Told of every order that this run placed, as soon as it is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
}

/** What a call came to. Refused: the stable reason, such as INSUFFICIENT_STOCK. */
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

/**
 * Sends a command or a question, patiently; a refusal is an outcome, not an error, unless it is one that passes. Rejects with what
 * no patience helps against.
 */
export async function send<Answer>(
  patiently: Patience,
  call: () => Promise<Answer>,
  about?: PatientCall,
): Promise<Outcome<Answer>> {
  try {
    return { kind: 'accepted', answer: await patiently(call, about) };
  } catch (error) {
    const failure = failureOf(error);
    if (!failure || !REFUSALS.has(failure.status)) throw error;
    return { kind: 'refused', reason: failure.reason || failure.status };
  }
}

/**
 * Sends a command that is to be accepted, or to be refused because it was done before: for one of these reasons, or because its
 * request id was used. Gives the reason when it is refused for any other.
 */
export async function sendOrDone(
  { patiently }: Pick<Sending, 'patiently'>,
  done: readonly string[],
  call: () => Promise<unknown>,
): Promise<string | undefined> {
  const outcome = await send(patiently, call);
  if (outcome.kind === 'accepted' || done.includes(outcome.reason)) return undefined;
  return outcome.reason === 'REQUEST_ID_REUSED' ? undefined : outcome.reason;
}
