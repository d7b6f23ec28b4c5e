/** What programs write into an empty cell. */
const NOTHING = /^(nan|null|none|nil|na|n\/a|#n\/a|<na>)?$/i;

/** The text of a cell; empty for the marks of an empty cell, such as `nan` and `NULL`. */
export function textOf(cell: string): string {
  return NOTHING.test(cell) ? '' : cell;
}

/**
 * An id, as a spreadsheet program may have written it: a whole number with a fraction of zero (`17850.0`) is that
 * number. Empty for an empty cell.
 */
export function idOf(cell: string): string {
  return textOf(cell).replace(/^(\d+)[.,]0{1,2}$/, '$1');
}

/** A customer's number. Empty when there is no customer, for which programs also write zero. */
export function customerOf(cell: string): string {
  const id = idOf(cell);
  return /^0+$/.test(id) ? '' : id;
}

/** A whole number, with or without a fraction of zero; undefined for anything else. */
export function wholeNumberOf(cell: string): bigint | undefined {
  // Three zeros could be thousands, by the grouping of another language.
  const [, digits] = /^(-?\d{1,15})(?:[.,]0{1,2})?$/.exec(cell) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}

/**
 * Pounds to pence, with a decimal point or comma; undefined for anything but a number, and for fractions of a penny.
 */
export function minorUnitsOf(cell: string): bigint | undefined {
  const match = /^(-?)(\d{1,15})(?:[.,](\d{1,2}))?$/.exec(cell);
  if (!match) return undefined;
  const [, sign = '', pounds = '0', pence = ''] = match;
  const amount = BigInt(pounds) * 100n + BigInt(pence.padEnd(2, '0'));
  return sign === '-' ? -amount : amount;
}
