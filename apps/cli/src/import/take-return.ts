import { setTimeout as pause } from 'node:timers/promises';
import type { OrderHistoryEntry } from '@meridian/contracts';
import { formatAmount } from '@meridian/kernel';
import { existingOrder, LOOK_AGAIN_MS, LOOKS, wholeHistory } from './existing-order.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { PlannedReturn } from './plan.ts';
import { CURRENCY, send, type Outcome, type Sending } from './sending.ts';

/**
 * Returns the goods of a credit line; resolves with the reason when the return is refused. An earlier edition of the
 * file may have returned them, of any order that the line fits. So the whole history of each of these that `isOld`
 * (existed before this run) is read first. A line that was returned before is done. The return is refused as
 * CREDIT_NOTE_EXISTS when a line of the credit note that this file does not have returned goods before.
 *
 * A return of an old order names the version that was read. A region that shows an older version is asked again, for
 * some seconds; then the return is refused as VERSION_MISMATCH. Returns of one old order must follow each other.
 */
export async function takeReturn(
  planned: PlannedReturn,
  replay: number,
  isOld: (orderId: string) => boolean,
  sending: Sending,
): Promise<string | undefined> {
  const orderId = sending.ids.order(planned.orderId, replay);
  const candidates = planned.candidates.map((candidate) => sending.ids.order(candidate, replay));
  const old = [...new Set([orderId, ...candidates])].filter(isOld);
  for (let look = 1; look <= LOOKS; look++) {
    const looked = await lookInto(old, planned, sending);
    if (looked.kind === 'refused') return looked.reason;
    const { isReturned, hasOtherLines, versions } = looked.answer;
    if (isReturned) return undefined;
    if (hasOtherLines) return 'CREDIT_NOTE_EXISTS';
    const refused = await bringBack(planned, replay, versions.get(orderId), sending);
    if (refused !== 'VERSION_MISMATCH') return refused;
    await pause(LOOK_AGAIN_MS);
  }
  return 'VERSION_MISMATCH';
}

async function bringBack(
  planned: PlannedReturn,
  replay: number,
  expectedVersion: bigint | undefined,
  { client, ids, patiently }: Sending,
): Promise<string | undefined> {
  const { invoiceNo, lineNo, quantity, returnedAt, credit } = planned;
  const reason = noteOf(credit);
  const outcome = await send(patiently, () =>
    client.orders.returnItems({
      requestId: ids.creditLine(`${credit.customerId}/${ids.order(invoiceNo, replay)}/${reason}`),
      orderId: ids.order(planned.orderId, replay),
      lines: [{ lineNo, quantity }],
      reason,
      returnedAt,
      expectedVersion,
    }),
  );
  if (outcome.kind === 'accepted' || outcome.reason === 'REQUEST_ID_REUSED') return undefined;
  return outcome.reason;
}

/** What the histories of orders say about a credit line. */
interface Looked {
  readonly isReturned: boolean;
  /** Another file, or an earlier edition of this file, returned goods by another line of the same credit note. */
  readonly hasOtherLines: boolean;
  readonly versions: ReadonlyMap<string, bigint>;
}

async function lookInto(
  orderIds: readonly string[],
  planned: PlannedReturn,
  sending: Sending,
): Promise<Outcome<Looked>> {
  const versions = new Map<string, bigint>();
  let hasOtherLines = false;
  for (const orderId of orderIds) {
    const found = await existingOrder(orderId, sending);
    if (found.kind === 'refused') return found;
    const history = await wholeHistory(found.answer, sending);
    if (history.kind === 'refused') return history;
    const notes = notesOfReturns(history.answer);
    if (notesOf(planned.credit).some((note) => notes.includes(note)))
      return { kind: 'accepted', answer: { isReturned: true, hasOtherLines, versions } };
    hasOtherLines ||= hasLineBeside(notes, planned);
    if (found.answer.summary) versions.set(orderId, found.answer.summary.version);
  }
  return { kind: 'accepted', answer: { isReturned: false, hasOtherLines, versions } };
}

function notesOfReturns(history: readonly OrderHistoryEntry[]): readonly string[] {
  return history.filter(({ eventType }) => eventType === 'ItemsReturned').map(({ note }) => note);
}

function hasLineBeside(notes: readonly string[], { invoiceNo, noteLines }: PlannedReturn): boolean {
  const ofNote = notes.filter((note) => note.startsWith(beginningOf(invoiceNo)));
  if (ofNote.length === 0) return false;
  const own = new Set(noteLines.flatMap(notesOf));
  return ofNote.some((note) => !own.has(note));
}

const beginningOf = (invoiceNo: string) => `credit note ${invoiceNo}, line `;

/**
 * The note of a return in an order's history. It names what the line says, because another edition of the file may have
 * another line under that number. Never change its form: a repeated import would return the goods again.
 */
function noteOf(credit: InvoiceLine): string {
  const { quantity, stockCode, unitPriceMinor } = credit;
  const price = formatAmount({ currencyCode: CURRENCY, amountMinor: unitPriceMinor });
  return `${shortNoteOf(credit)}: ${-quantity} of ${stockCode} at ${price}`;
}

/** The note that earlier versions of this program left: the same without what the line says. */
function shortNoteOf({ invoiceNo, lineNo }: InvoiceLine): string {
  return `${beginningOf(invoiceNo)}${lineNo}`;
}

/** The notes by which a credit line is known. */
function notesOf(credit: InvoiceLine): readonly string[] {
  return [noteOf(credit), shortNoteOf(credit)];
}
