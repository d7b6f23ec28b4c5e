/** The keys of a record, in its order, by the names that its type has. */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  const isKey = (key: string): key is Key => Object.hasOwn(record, key);
  return Object.keys(record).filter(isKey);
}

/** A record with the same keys in the same order, and the value that `make` gives for each. */
export function mapValues<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  make: (value: From, key: Key) => To,
): Record<Key, To> {
  const made: Partial<Record<Key, To>> = {};
  for (const key of keysOf(record)) made[key] = make(record[key], key);
  // Every key has its value now; the compiler does not follow the loop.
  return made as Record<Key, To>;
}
