import { z } from 'zod';

const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
/** As libs/cassandra checks it; `_keys` is added to it. */
const KEYSPACE = /^[a-z][a-z0-9_]{0,39}$/;
/** As libs/mysql checks it. */
const DATABASE = /^\w{1,64}$/;
/** While keys are changed there are two; more come of changes that were not finished. */
const MAX_KEYS = 4;
/** Keys, of which the first is used and all are accepted. */
export type KeyList = readonly [Buffer, ...Buffer[]];
const REGION = /^[a-z][a-z0-9-]{0,31}$/;

const isHostPort = (value: string): boolean => Number(HOST_PORT.exec(value)?.[2] ?? Infinity) <= 65_535;

const hostPort = (): z.ZodString => z.string().refine(isHostPort, 'must be host:port');

function wholeNumber(range: { readonly min: number; readonly max: number }) {
  const told = `must be a whole number from ${range.min} to ${range.max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, told)
    .transform(Number)
    .refine((value) => value >= range.min && value <= range.max, told);
}

function list<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .string()
    .transform((value) => value.split(',').map((part) => part.trim()))
    .pipe(z.array(item).min(1).max(64));
}

/**
 * Zod fields for the values of configurations; the message of each says what the value must be. Add `.default('…')` as
 * text.
 */
export const field = {
  /** A port, 0 for a free one. */
  port: () => wholeNumber({ min: 0, max: 65_535 }),
  /** A whole number within a range. */
  wholeNumber,
  /** A time in milliseconds; at most 10 minutes unless `range` allows more. */
  durationMs: (range: { readonly min?: number; readonly max?: number } = {}) =>
    wholeNumber({ min: range.min ?? 1, max: range.max ?? 600_000 }),
  /** `host:port`. */
  hostPort,
  /** `host:port,host:port`, at most 64. */
  hostPortList: () => list(hostPort()),
  /** A region's name, such as `eu-west`. */
  region: () => z.string().regex(REGION, 'must be a region, such as eu-west'),
  /** Names of regions, the home region first; none of them twice. */
  regionList: () =>
    list(z.string().regex(REGION, 'must be regions, such as eu-west,us-east')).refine(
      (regions) => new Set(regions).size === regions.length,
      'must name no region twice',
    ),
  /**
   * A key of `bytes` bytes, in base64 by RFC 4648. Node itself skips invalid characters, and so makes another key of a
   * typing error.
   */
  base64Key: (bytes: number) =>
    z
      .string()
      .refine((value) => isBase64Of(value, bytes), `must be ${bytes} bytes in base64`)
      .transform((value) => Buffer.from(value, 'base64')),
  /** One such key, or up to four with commas between them, none of them twice: the first is used, and all are accepted. */
  base64Keys: (bytes: number) =>
    z
      .string()
      .refine(
        (value) => areKeys(value, bytes),
        `must be ${bytes} bytes in base64, or up to ${MAX_KEYS} such keys with commas between them`,
      )
      .transform((value): KeyList => {
        const [first = '', ...older] = value.split(',');
        return [Buffer.from(first, 'base64'), ...older.map((one) => Buffer.from(one, 'base64'))];
      }),
  /** A keyspace of Cassandra, short enough for the names that are derived from it. */
  keyspace: () => z.string().regex(KEYSPACE, 'must be a keyspace: a letter, then a-z, 0-9, _, 40 at most'),
  /** A schema of MySQL. */
  database: () => z.string().regex(DATABASE, 'must be a schema: letters, digits, _, 64 at most'),
  /** A topic prefix or the name of a replica. */
  name: (maxLength = 64) =>
    z
      .string()
      .regex(
        new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${maxLength - 1}}$`),
        'must be a name: letters, digits, . _ -',
      ),
  /** A URL with one of these protocols (`mysql:`). */
  url: (...protocols: readonly string[]) =>
    z
      .string()
      .refine(
        (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
        `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      ),
  /** A time zone of the IANA database, such as `Europe/London`. */
  timeZone: () => z.string().refine(isTimeZone, 'must be an IANA time zone, such as Europe/London'),
};

function areKeys(value: string, bytes: number): boolean {
  const keys = value.split(',');
  return (
    keys.length <= MAX_KEYS &&
    new Set(keys).size === keys.length &&
    keys.every((one) => isBase64Of(one, bytes))
  );
}

function isBase64Of(value: string, bytes: number): boolean {
  const key = Buffer.from(value, 'base64');
  return key.length === bytes && key.toString('base64') === value;
}

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
