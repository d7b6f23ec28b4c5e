import type { PlannedReturn } from './plan-returns.ts';
import { send, type Sending } from './sending.ts';

const HISTORY_DEADLINE_MS = 20_000;

/**
 * Takes back what a credit line brings; gives the reason when it is refused. Of an order that is older than request ids are
 * remembered (`isOld`) the history is looked at first: the goods must not come back twice.
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
  const reason = `credit note ${planned.invoiceNo}, line ${credit.lineNo}`;
  if (isOld && (await isReturned(orderId, reason, sending))) return undefined;
  const requestId = ids.request(`return/${orderId}/${credit.lineNo}`);
  const request = { requestId, orderId, lines: [{ lineNo, quantity }], reason, returnedAt };
  const outcome = await send(patiently, () => client.orders.returnItems(request));
  if (outcome.kind === 'accepted' || outcome.reason === 'REQUEST_ID_REUSED') return undefined;
  return outcome.reason;
}

async function isReturned(orderId: string, reason: string, { client, patiently }: Sending): Promise<boolean> {
  const question = () => client.orders.getOrder({ orderId }, { deadline: HISTORY_DEADLINE_MS });
  const { order } = await patiently(question);
  return (order?.history ?? []).some(
    ({ eventType, note }) => eventType === 'ItemsReturned' && note === reason,
  );
}
