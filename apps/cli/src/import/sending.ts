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
  /** Called with every order that this run placed, as soon as the order is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
}

/** The outcome of a call. `refused` holds the stable reason, such as INSUFFICIENT_STOCK. */
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
 * Sends a command or a question, and waits out temporary failures. A permanent refusal is an outcome, not an error.
 * Rejects with failures that no waiting can solve.
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
 * Sends a command that should be accepted, or refused because it was done before. A refusal for one of these reasons,
 * or because the request id was used, means that. Resolves with the reason of any other refusal.
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
