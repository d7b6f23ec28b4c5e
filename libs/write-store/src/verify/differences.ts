import { isDeepStrictEqual } from 'node:util';

/** Fields that may hold personal data: sealed or not, their values are not printed. */
const SECRET = new Set(['personalData']);

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  );
  return text === undefined ? 'nothing' : text.slice(0, 200);
}

/** Says in which fields two states differ: what the first holds and what the second. Empty when they are equal. */
export function differences(expected: object, found: object): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return names.flatMap((name) => {
    const wanted: unknown = Reflect.get(expected, name);
    const there: unknown = Reflect.get(found, name);
    if (isDeepStrictEqual(wanted, there)) return [];
    if (SECRET.has(name)) return [`${name} differs`];
    return [`${name} is ${shown(there)}, its events say ${shown(wanted)}`];
  });
}
