import type { OrderHistoryEntry } from '@meridian/contracts';
import { existingOrder, wholeHistory } from './existing-order.ts';
import type { PlannedReturn } from './plan.ts';
import { send, type Sending } from './sending.ts';

/**
 * Returns the goods of a credit line; resolves with the reason when the return is refused. For an order that existed
 * before this run (`isOld`), the whole history is read first. The return's request id may be forgotten, and goods must
 * not be returned twice. So the return is refused as CREDIT_NOTE_EXISTS when a line of the credit note that this file
 * does not have returned goods before.
 */
export async function takeReturn(
  planned: PlannedReturn,
  replay: number,
  isOld: boolean,
  sending: Sending,
): Promise<string | undefined> {
  const { client, ids, patiently } = sending;
  const orderId = ids.order(planned.orderId, replay);
  const { lineNo, quantity, returnedAt, credit } = planned;
  const reason = noteOf(planned, credit.lineNo);
  const found = isOld ? await existingOrder(orderId, sending) : undefined;
  if (found?.kind === 'refused') return found.reason;
  const history = found && (await wholeHistory(found.answer, sending));
  if (history?.kind === 'refused') return history.reason;
  if (history && isReturned(history.answer, reason)) return undefined;
  if (history && hasForeignLine(history.answer, planned)) return 'CREDIT_NOTE_EXISTS';
  const requestId = ids.request(`return/${orderId}/${credit.lineNo}`);
  const request = { requestId, orderId, lines: [{ lineNo, quantity }], reason, returnedAt };
  const outcome = await send(patiently, () => client.orders.returnItems(request));
  if (outcome.kind === 'accepted' || outcome.reason === 'REQUEST_ID_REUSED') return undefined;
  return outcome.reason;
}

function isReturned(history: readonly OrderHistoryEntry[], reason: string): boolean {
  return history.some(({ eventType, note }) => eventType === 'ItemsReturned' && note === reason);
}

/**
 * The note of a return in an order's history. Never change its form: a repeated import would return the goods again.
 */
function noteOf({ invoiceNo }: PlannedReturn, lineNo: number | ''): string {
  return `credit note ${invoiceNo}, line ${lineNo}`;
}

/** Whether another file, or an earlier edition of this file, returned goods by the same credit note. */
function hasForeignLine(history: readonly OrderHistoryEntry[], planned: PlannedReturn): boolean {
  const prefix = noteOf(planned, '');
  const own = new Set([...planned.creditLines].map((lineNo) => noteOf(planned, lineNo)));
  return history.some(
    ({ eventType, note }) => eventType === 'ItemsReturned' && note.startsWith(prefix) && !own.has(note),
  );
}
