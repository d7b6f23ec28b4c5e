/** A value of a row in a form that compares: a moment as ISO text, bytes in hexadecimal, nothing as an empty text. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return value.toString();
  throw new Error(`no value of a row: ${typeof value}`);
}

/** Values by column name. */
export type Values = Readonly<Record<string, unknown>>;

/** Some columns of a row, as text. */
export function textsOf(values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asText(value)]));
}

/** Collects the rows that a table must hold. */
export interface ExpectedTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly rows: Map<string, Record<string, string>>;
}

/** A table that is expected to hold nothing yet. */
export function expectedTable(name: string, ...key: readonly string[]): ExpectedTable {
  return { name, key, rows: new Map() };
}

/** The text of a row's key. */
export function keyOf(table: Pick<ExpectedTable, 'key'>, values: Values): string {
  return table.key.map((name) => asText(values[name])).join(' | ');
}

/** Sets cells of a row, which is made if it is not there; cells that are undefined stay as they are. */
export function put(table: ExpectedTable, key: Values, cells: Values): void {
  const id = keyOf(table, key);
  const given = Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== undefined));
  table.rows.set(id, { ...table.rows.get(id), ...textsOf({ ...key, ...given }) });
}

/** Adds to numbers of a row. */
export function increase(
  table: ExpectedTable,
  key: Values,
  addends: Readonly<Record<string, bigint>>,
  cells: Values,
): void {
  const row = table.rows.get(keyOf(table, key)) ?? {};
  const sums = Object.entries(addends).map(([name, addend]) => [name, BigInt(row[name] ?? '0') + addend]);
  put(table, key, { ...Object.fromEntries(sums), ...cells });
}
