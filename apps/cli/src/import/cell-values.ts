/** What programs write into a cell that holds nothing. */
const NOTHING = /^(nan|null|none|nil|na|n\/a|#n\/a|<na>)?$/i;

/** The text of a cell; empty for what programs write when there is nothing, such as `nan` and `NULL`. */
export function textOf(cell: string): string {
  return NOTHING.test(cell) ? '' : cell;
}

/**
 * An id, as a program for tables may have written it: a whole number with a fraction of zero (`17850.0`) is that number. Empty for a
 * cell that holds nothing.
 */
export function idOf(cell: string): string {
  return textOf(cell).replace(/^(\d+)[.,]0{1,2}$/, '$1');
}

/** A customer's number. Empty for nobody, as whom programs also write zero. */
export function customerOf(cell: string): string {
  const id = idOf(cell);
  return /^0+$/.test(id) ? '' : id;
}

/** A whole number, with a fraction of zero or without; undefined for anything else. */
export function wholeNumberOf(cell: string): bigint | undefined {
  // Three zeros would be the thousands of a language that groups them so.
  const [, digits] = /^(-?\d{1,9})(?:[.,]0{1,2})?$/.exec(cell) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Pounds to pence, with a decimal point or comma; undefined for what is no number or has fractions of a penny. */
export function minorUnitsOf(cell: string): bigint | undefined {
  const match = /^(-?)(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(cell);
  if (!match) return undefined;
  const [, sign = '', pounds = '0', pence = ''] = match;
  const amount = BigInt(pounds) * 100n + BigInt(pence.padEnd(2, '0'));
  return sign === '-' ? -amount : amount;
}
