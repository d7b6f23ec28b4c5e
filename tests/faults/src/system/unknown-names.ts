/** What to say of names that do not exist: these, and all that exist. Undefined where every name exists. */
export function unknownNames(
  what: string,
  asked: readonly string[],
  known: readonly string[],
): string | undefined {
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  return `No such ${what}: ${unknown.join(', ')}. There are: ${known.join(', ')}.`;
}
