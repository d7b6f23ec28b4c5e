import { failureOf } from '@meridian/client';

/** An error in words for the person at the terminal: of a refused call its message, status and reason. */
export function explain(error: unknown): string {
  const failure = failureOf(error);
  if (!failure) return error instanceof Error ? error.message : String(error);
  const fields = failure.fieldViolations.map(({ field, description }) => `${field} ${description}`);
  const said = fields.length > 0 ? fields.join('; ') : failure.message;
  const codes = new Set([failure.status, failure.reason].filter((code) => code !== ''));
  return `${said} (${[...codes].join(', ')})`;
}
