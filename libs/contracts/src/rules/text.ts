import { countryName } from '@meridian/kernel';
import { z } from 'zod';

// A replacement character is what is left of bytes that were no UTF-8. Embeddings, overrides and isolates turn the
// reading direction of whatever a page shows after them. Line and paragraph separators are line ends that only some
// programs see.
const NOT_TEXT = /[\p{Cc}\p{Cs}\uFFFD\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;
const NOT_LINES_OF_TEXT = /[^\P{Cc}\n]|[\p{Cs}\uFFFD\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;
// Default-ignorable characters have no shape of their own: zero-width spaces, joiners, fillers, marks of direction.
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\uFFF9-\uFFFB]/u;
// Joiners and variation selectors are not cut off: they belong to the character before them.
const CUT_OFF = /[ \t\n\r\f\v\p{Zs}\u200B\u2060\uFEFF\u2800\u3164]/u;
const EMAIL = /^[^\s@\p{Default_Ignorable_Code_Point}]+@[^\s@\p{Default_Ignorable_Code_Point}]+$/u;
const PRINTABLE = /^[\x21-\x7e]*$/;

/** How long a text may be, in characters (Unicode code points), and whether it may have several lines. */
interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly lines?: 'one' | 'many';
}

function isWithin(value: string, { min, max }: TextRule): boolean {
  if (value.length > 2 * max) return false;
  const length = [...value].length;
  return length >= min && length <= max;
}

/** Without what cannot be seen at its ends, in one pass: a pattern for the end would start again at every space. */
function trimmed(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && CUT_OFF.test(value.charAt(start))) start += 1;
  while (end > start && CUT_OFF.test(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

/**
 * Writes a text in the one way in which texts are kept and compared. The form is Unicode's composed form (NFC), with
 * tabs as spaces and line ends as LF. Invisible characters at both ends are cut off. A text that is too long whatever
 * is cut off is left as it is.
 */
function written(value: string, { max }: TextRule): string {
  if (value.length > 8 * max) return value;
  return trimmed(value.normalize('NFC').replaceAll('\r\n', '\n').replaceAll('\t', ' '));
}

/** Words of a rule. A text that breaks the rule is not checked further: each field is named once. */
const told = (error: string) => ({ error, abort: true });

/**
 * A text of so many characters, in NFC and trimmed, without control characters; when it must not be empty, something in it must be
 * visible. The length is that of the text as it is kept.
 */
export function text(rule: TextRule) {
  const forbidden = rule.lines === 'many' ? NOT_LINES_OF_TEXT : NOT_TEXT;
  const length = rule.min > 0 ? `${rule.min} to ${rule.max}` : `at most ${rule.max}`;
  return z
    .string()
    .overwrite((value) => written(value, rule))
    .refine((value) => rule.min === 0 || value === '' || VISIBLE.test(value), told('must not be blank'))
    .refine((value) => isWithin(value, rule), told(`must have ${length} characters`))
    .refine((value) => !forbidden.test(value), told('must not hold control characters or broken text'));
}

const MAX_COUNTRY = 60;
const COUNTRY_RULE = 'must be a country: a code of ISO 3166-1, such as GB, or its English name';

/** A country by its code or a usual English name, written as the one name under which it is kept. */
export function country() {
  return text({ min: 1, max: MAX_COUNTRY })
    .refine((value) => countryName(value) !== undefined, COUNTRY_RULE)
    .overwrite((value) => countryName(value) ?? value);
}

/** A country to look for, or nothing for all. What no list knows may have been stored before there was a list. */
export function optionalCountry() {
  return text({ min: 0, max: MAX_COUNTRY }).overwrite((value) => countryName(value) ?? value);
}

/** An e-mail address of at most 254 characters, or nothing. */
export function optionalEmail() {
  return text({ min: 0, max: 254 }).refine(
    (value) => value === '' || EMAIL.test(value),
    'must be an e-mail address, name@host',
  );
}

/** A page token as an answer gave it, at most 1,024 characters, or nothing. Whether it is genuine is for its maker to say. */
export function pageToken() {
  return z
    .string()
    .max(1_024, 'must have at most 1024 characters')
    .regex(PRINTABLE, 'must be a next_page_token, unchanged');
}
