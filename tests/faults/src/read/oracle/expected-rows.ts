import type { ReadModelName } from '@meridian/read-models';
import type { Recorded } from '../history.ts';
import type { ExpectedTable } from './cells.ts';
import { catalogRows } from './catalog-rows.ts';
import { customerRows } from './customer-rows.ts';
import { orderRows } from './order-rows.ts';
import { salesRows } from './sales-rows.ts';
import { stockRows } from './stock-rows.ts';

/** The fold of each read model: one without does not compile. */
const FOLDS: Readonly<Record<ReadModelName, (journal: readonly Recorded[]) => readonly ExpectedTable[]>> = {
  catalog: catalogRows,
  inventory: stockRows,
  customers: customerRows,
  orders: orderRows,
  sales: salesRows,
};

/**
 * Every row that every table must hold after a journal, folded event by event. This code was written apart from the
 * projections, on purpose, and shares nothing with them.
 */
export function expectedRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  return Object.values(FOLDS).flatMap((fold) => fold(journal));
}
