import { COUNTRIES, OTHER_AREAS } from './countries.ts';

/** A name without case, accents, spaces, punctuation, a leading "the" and invisible characters. */
function keyOf(name: string): string {
  const letters = name.normalize('NFKD').toLowerCase().replaceAll('&', ' and ');
  return letters
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/^\W*the\s+/u, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

const MAX_LENGTH = 200;

function namesByKey(): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>();
  const add = (stored: string, names: readonly string[]): void => {
    for (const name of [stored, ...names]) {
      const key = keyOf(name);
      const taken = byKey.get(key) ?? stored;
      if (taken !== stored) throw new Error(`${name} names both ${taken} and ${stored}`);
      byKey.set(key, stored);
    }
  };
  for (const line of COUNTRIES.trim().split('\n')) {
    const [stored = '', ...others] = line.slice(7).split('|');
    add(stored, [line.slice(0, 2), line.slice(3, 6), ...others]);
  }
  for (const line of OTHER_AREAS.trim().split('\n')) {
    const [stored = '', ...others] = line.split('|');
    add(stored, others);
  }
  return byKey;
}

const NAMES = namesByKey();

/**
 * The one name under which a country is stored, so that sales by country add up. Takes a code of ISO 3166-1
 * (two or three letters) or a usual English name. Case, accents and spaces do not matter: "gb", "UK" and
 * "Great Britain" are "United Kingdom". Undefined for a text that is in no list.
 */
export function countryName(codeOrName: string): string | undefined {
  return codeOrName.length > MAX_LENGTH ? undefined : NAMES.get(keyOf(codeOrName));
}

/**
 * Whether two texts name one country. A text that is in no list, stored before there was a list, equals only
 * itself.
 */
export function isSameCountry(a: string, b: string): boolean {
  return (countryName(a) ?? a) === (countryName(b) ?? b);
}
