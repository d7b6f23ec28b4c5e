import { z } from 'zod';

// A replacement character is what is left of bytes that were no UTF-8.
const NOT_TEXT = /[\p{Cc}\p{Cs}\uFFFD]/u;
const NOT_LINES_OF_TEXT = /[^\P{Cc}\n]|[\p{Cs}\uFFFD]/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;
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

/** A text without control characters, of so many characters, not blank when it must not be empty. */
export function text(rule: TextRule) {
  const forbidden = rule.lines === 'many' ? NOT_LINES_OF_TEXT : NOT_TEXT;
  const length = rule.min > 0 ? `${rule.min} to ${rule.max}` : `at most ${rule.max}`;
  return z
    .string()
    .refine((value) => isWithin(value, rule), `must have ${length} characters`)
    .refine((value) => !forbidden.test(value), 'must not hold control characters or broken text')
    .refine((value) => rule.min === 0 || value.trim() !== '', 'must not be blank');
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
