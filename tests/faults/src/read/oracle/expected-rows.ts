import type { Recorded } from '../history.ts';
import type { ExpectedTable } from './cells.ts';
import { catalogRows } from './catalog-rows.ts';
import { customerRows } from './customer-rows.ts';
import { orderRows } from './order-rows.ts';
import { salesRows } from './sales-rows.ts';
import { stockRows } from './stock-rows.ts';

/**
 * Every row that every table must hold after a journal, event by event and one after the other: written apart from the
 * projections, on purpose, and sharing nothing with them.
 */
export function expectedRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  return [catalogRows, stockRows, customerRows, orderRows, salesRows].flatMap((fold) => fold(journal));
}
