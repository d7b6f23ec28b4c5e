/** The month of an instant, in UTC, as a number that sorts: 202611. */
export function monthOf(instant: Date): number {
  return instant.getUTCFullYear() * 100 + instant.getUTCMonth() + 1;
}
