import type { AggregateType } from '@meridian/contracts';
import type { Command } from './command.ts';

/** What kinds of rows commands lock: aggregates, claimed request ids and goods receipts. */
export type RowKind = AggregateType | 'request' | 'receipt';

/** A row that commands lock, as its kind and its key: `stock/p-1`, `request/<uuid>`. */
export type RowKey = `${RowKind}/${string}`;

/** Every row that a command locks or claims before it is decided. */
export function rowsOf(command: Pick<Command, 'requestId' | 'locks' | 'receiptIds'>): readonly RowKey[] {
  return [
    `request/${command.requestId.toLowerCase()}`,
    ...command.locks.map(({ type, id }): RowKey => `${type}/${id}`),
    ...(command.receiptIds ?? []).map((id): RowKey => `receipt/${id}`),
  ];
}
