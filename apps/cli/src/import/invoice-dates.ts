import { zonedTime } from './zoned-time.ts';

const TIME_ZONE = 'Europe/London';

/** Whether day or month comes first in the dates of a file. */
export type DateOrder = 'dmy' | 'mdy';

/** The order of day and month in a file's dates cannot be determined. */
export class DateOrderError extends Error {
  override readonly name = 'DateOrderError';
}

/** A day and a time, as a clock in the UK shows both. */
interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/**
 * The instant of a date in this order (12/1/10 8:26, 01.12.2010 08:26) or in ISO's order (2010-12-01 08:26). Seconds
 * may be missing. A year of two digits is from 1969 to 2068. Undefined for anything but a date.
 */
export function instantOf(date: string, order: DateOrder): Date | undefined {
  const wall = isoOf(date) ?? wallOf(date, order);
  return wall && exists(wall) ? zonedTime(wall, TIME_ZONE) : undefined;
}

/** The evidence of a file's dates for their order. */
export interface DateEvidence {
  /** Takes the date of a line into account. */
  see(date: string, lineNo: number): void;
  /**
   * The order of all dates seen so far. Where the dates do not decide, or contradict each other, `named` decides.
   * Throws a DateOrderError when there is no `named` to decide, or when all dates fit only the other order.
   */
  order(named?: DateOrder): DateOrder;
}

/** Collects evidence from the dates of a file: a 13 cannot be a month. */
export function collectDateEvidence(): DateEvidence {
  const seen: { [key in DateOrder | 'open']?: string } = {};
  return {
    see(date, lineNo) {
      const [dayFirst, monthFirst] = [wallOf(date, 'dmy'), wallOf(date, 'mdy')];
      if (!dayFirst || !monthFirst || dayFirst.day === monthFirst.day) return;
      const [isDmy, isMdy] = [exists(dayFirst), exists(monthFirst)];
      if (!isDmy && !isMdy) return;
      const says = isDmy && isMdy ? 'open' : isDmy ? 'dmy' : 'mdy';
      seen[says] ??= `line ${lineNo} has the date ${date}`;
    },
    order(named) {
      const { dmy, mdy, open } = seen;
      if (dmy && mdy)
        return (
          named ?? refuse(`${dmy}, ${mdy}, and no order fits both: correct one of them, or name the order`)
        );
      const proven = dmy ? 'dmy' : mdy ? 'mdy' : undefined;
      if (proven && named && proven !== named)
        return refuse(
          `${seen[proven] ?? ''}, which does not fit --dates ${named}: correct that line, or name the other order`,
        );
      if (open && !proven && !named)
        return refuse(`${open}, and no line says whether day or month comes first: name the order`);
      // When every date is in ISO's form, or has the same number twice, the order makes no difference.
      return proven ?? named ?? 'mdy';
    },
  };
}

function refuse(why: string): never {
  throw new DateOrderError(`${why} with --dates dmy or --dates mdy`);
}

function isoOf(date: string): Wall | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?$/.exec(date);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match
    .slice(1)
    .map((part = '0') => Number(part));
  return { year, month, day, hour, minute };
}

function wallOf(date: string, order: DateOrder): Wall | undefined {
  const match = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{2}|\d{4}) (\d{1,2}):(\d{2})(?::\d{2})?$/.exec(date);
  if (!match) return undefined;
  const [first = 0, , second = 0, shortYear = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  const [month, day] = order === 'mdy' ? [first, second] : [second, first];
  const century = shortYear < 69 ? 2000 : 1900;
  const year = match[4]?.length === 2 ? century + shortYear : shortYear;
  return { year, month, day, hour, minute };
}

function exists({ year, month, day, hour, minute }: Wall): boolean {
  const calendar = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return (
    // Date.UTC treats a year below 100 as a year of the last century.
    calendar.getUTCFullYear() === year &&
    calendar.getUTCMonth() === month - 1 &&
    calendar.getUTCDate() === day &&
    hour < 24 &&
    minute < 60
  );
}
