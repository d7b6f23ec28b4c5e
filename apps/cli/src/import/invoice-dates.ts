import { zonedTime } from './zoned-time.ts';

const TIME_ZONE = 'Europe/London';

/** A day and a time, as a clock in the UK shows them. */
interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** The instant of M/D/YY H:MM, M/D/YYYY H:MM or YYYY-MM-DD HH:MM, with seconds or without; undefined for what is none. */
export function instantOf(date: string): Date | undefined {
  const wall = isoOf(date) ?? slashedOf(date);
  return wall && exists(wall) ? zonedTime(wall, TIME_ZONE) : undefined;
}

function isoOf(date: string): Wall | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?$/.exec(date);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match
    .slice(1)
    .map((part = '0') => Number(part));
  return { year, month, day, hour, minute };
}

function slashedOf(date: string): Wall | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4}) (\d{1,2}):(\d{2})(?::\d{2})?$/.exec(date);
  if (!match) return undefined;
  const [month = 0, day = 0, shortYear = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  const year = match[3]?.length === 2 ? 2000 + shortYear : shortYear;
  return { year, month, day, hour, minute };
}

function exists({ year, month, day, hour, minute }: Wall): boolean {
  const calendar = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return (
    // Date.UTC takes a year below 100 for one of the last century.
    calendar.getUTCFullYear() === year &&
    calendar.getUTCMonth() === month - 1 &&
    calendar.getUTCDate() === day &&
    hour < 24 &&
    minute < 60
  );
}
