import { v5, v7, validate } from 'uuid';

const AGGREGATE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Whether a string may name an aggregate: 1 to 64 letters, digits, '.', '_', ':' and '-', starting with a letter or digit. */
export function isAggregateId(value: string): boolean {
  return AGGREGATE_ID.test(value);
}

/** Makes an id that sorts by the time it was made: a UUID of version 7 (RFC 9562). */
export function newId(): string {
  return v7();
}

/** Derives a UUID from a name: the same name always gives the same UUID (version 5, RFC 9562). */
export function derivedId(name: string, namespace: string): string {
  return v5(name, namespace);
}

/** Whether a string is a UUID of any version, in the usual form with hyphens. */
export function isUuid(value: string): boolean {
  return validate(value);
}
