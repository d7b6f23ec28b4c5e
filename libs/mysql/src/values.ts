/** What may stand for a `?`: a scalar, or a list for `IN (?)` and for the rows of `VALUES ?`. */
export type Value = string | number | bigint | boolean | Date | Uint8Array | null | readonly Value[];

/** One SQL statement with the values of its `?`. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** One row, by column name. Read it with the functions of columns.ts, which check what they give. */
export type Row = Readonly<Record<string, unknown>>;

/** The result of one statement: rows of a query, or the count of matched rows of a change. */
export interface StatementResult {
  readonly rows: readonly Row[];
  /** Rows that the WHERE matched, changed or not; 2 per row that an upsert updated. */
  readonly affectedRows: number;
}
