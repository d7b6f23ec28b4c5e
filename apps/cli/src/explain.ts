import { failureOf } from '@meridian/client';

/**
 * An error in words for the person at the terminal. Of a refused call it has the message, status and reason. `typed`
 * names what the person typed for a field of the call.
 */
export function explain(error: unknown, typed: Readonly<Record<string, string>> = {}): string {
  const failure = failureOf(error);
  if (!failure) return error instanceof Error ? error.message : String(error);
  const inWords = (text: string) => text.replaceAll(/[a-z]+(_[a-z]+)+/g, (field) => typed[field] ?? field);
  const fields = failure.fieldViolations.map(({ field, description }) => inWords(`${field} ${description}`));
  const said = fields.length > 0 ? fields.join('; ') : failure.message;
  const codes = new Set([failure.status, failure.reason].filter((code) => code !== ''));
  return `${said} (${[...codes].join(', ')})`;
}

/**
 * An error to rethrow. The error of a refused call names what the person typed, not the fields of the call. Any other
 * error is unchanged.
 */
export function inTypedWords(error: unknown, typed: Readonly<Record<string, string>>): unknown {
  return failureOf(error) ? new Error(explain(error, typed), { cause: error }) : error;
}
