/** Tells the time. Passed in wherever time matters, so that rules stay pure and tests choose the time. */
export type Clock = () => Date;

/** The machine's clock. */
export const systemClock: Clock = () => new Date();

const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The business day of an instant: `YYYY-MM-DD` as a calendar in the named IANA time zone shows it.
 * Throws RangeError when the zone is unknown.
 */
export function businessDay(instant: Date, timeZone: string): string {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter.format(instant);
}
