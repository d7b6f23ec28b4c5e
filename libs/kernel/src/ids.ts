import { v5, v7 } from 'uuid';

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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STANDS_FOR_NONE = /^(?:[0-]+|[f-]+)$/i;

/**
 * Whether a string is a UUID that somebody made: in the usual form with hyphens, in lower or upper case, of any version and any of the
 * variants that RFC 9562 names, Microsoft's too. The nil and the max UUID are none: they are what an unset variable holds.
 */
export function isUuid(value: string): boolean {
  return UUID.test(value) && !STANDS_FOR_NONE.test(value);
}
