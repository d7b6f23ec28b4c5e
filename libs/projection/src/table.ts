/** The types of columns, in CQL's words. */
export type ColumnType = 'text' | 'bigint' | 'int' | 'timestamp' | 'boolean' | 'blob';

/** Columns by name. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** The value that a column of a type holds. */
export type CellOf<T extends ColumnType> = {
  text: string;
  bigint: bigint;
  int: number;
  timestamp: Date;
  boolean: boolean;
  blob: Buffer;
}[T];

/** The values of columns. */
export type CellsOf<C extends Columns> = { readonly [K in keyof C]: CellOf<C[K]> };

/** The values of some of the columns: what is left out stays as it is. */
export type SomeCellsOf<C extends Columns> = { readonly [K in keyof C]?: CellOf<C[K]> | undefined };

/** A table of a read model. Names are without the generation: each generation has tables of its own. */
export interface Table<
  P extends Columns = Columns,
  C extends Columns = Columns,
  V extends Columns = Columns,
  S extends Columns = Columns,
> {
  /**
   * `rows`: every cell is written by one aggregate, or holds the position of the event that wrote it. `totals`: sums over aggregates;
   * see `add`.
   */
  readonly kind: 'rows' | 'totals';
  readonly name: string;
  readonly partitionKey: P;
  readonly clusteringKey: C;
  /** Clustering columns that are kept largest first. */
  readonly descending: readonly string[];
  readonly columns: V;
  /** Columns that a whole partition shares. */
  readonly staticColumns: S;
  /**
   * Every write of a row has the same cells, and nothing deletes rows. So a row that all regions have need not be written
   * again.
   */
  readonly isConstant: boolean;
}

/** A table whose every cell is written by one aggregate. */
export type RowsTable<P extends Columns, C extends Columns, V extends Columns, S extends Columns> = Table<
  P,
  C,
  V,
  S
> & { readonly kind: 'rows' };

/** A table of sums over aggregates. */
export type TotalsTable<P extends Columns, C extends Columns, V extends Columns> = Table<
  P,
  C,
  V,
  Record<never, never>
> & { readonly kind: 'totals' };

/** The clustering column that keeps apart what each Kafka partition adds to a total. */
export const KAFKA_PARTITION = 'kafka_partition';
/** The column of a total that holds the position of the last event in it. */
export const LAST_POSITION = 'last_position';

/** Declares a table whose every cell is written by one aggregate. */
export function defineTable<
  const P extends Columns,
  const V extends Columns,
  const C extends Columns = Record<never, never>,
  const S extends Columns = Record<never, never>,
>(spec: {
  readonly name: string;
  readonly partitionKey: P;
  readonly clusteringKey?: C;
  readonly descending?: readonly (keyof C & string)[];
  readonly columns: V;
  readonly staticColumns?: S;
  /** A row's cells follow from its key, and nothing deletes rows: one write of each row is enough. */
  readonly isConstant?: boolean;
}): RowsTable<P, C, V, S> {
  const { name, partitionKey, columns, descending = [], isConstant = false } = spec;
  const clusteringKey = spec.clusteringKey ?? ({} as C);
  const staticColumns = spec.staticColumns ?? ({} as S);
  const kind = 'rows';
  return checked({
    kind,
    name,
    partitionKey,
    clusteringKey,
    descending,
    columns,
    staticColumns,
    isConstant,
  });
}

/**
 * Declares a table of totals: bigint columns are sums, text columns are labels (the latest wins). The runtime adds the
 * clustering column kafka_partition and the column last_position; a question adds the rows of all Kafka partitions.
 */
export function defineTotals<
  const P extends Columns,
  const V extends Readonly<Record<string, 'bigint' | 'text'>>,
  const C extends Columns = Record<never, never>,
>(spec: {
  readonly name: string;
  readonly partitionKey: P;
  readonly clusteringKey?: C;
  readonly columns: V;
}): TotalsTable<P, C, V> {
  const { name, partitionKey, columns } = spec;
  const clusteringKey = spec.clusteringKey ?? ({} as C);
  return checked({
    kind: 'totals',
    name,
    partitionKey,
    clusteringKey,
    descending: [],
    columns,
    staticColumns: {},
    isConstant: false,
  });
}

const NAME = /^[a-z][a-z0-9_]{0,39}$/;

function checked<T extends Table>(table: T): T {
  const groups = [table.partitionKey, table.clusteringKey, table.columns, table.staticColumns];
  const names = groups.flatMap((group) => Object.keys(group));
  const bad = [table.name, ...names].filter((name) => !NAME.test(name));
  if (bad.length > 0) throw new Error(`table ${table.name}: not a name: ${bad.join(', ')}`);
  const reserved = names.filter((name) => name === KAFKA_PARTITION || name === LAST_POSITION);
  if (reserved.length > 0)
    throw new Error(`table ${table.name}: the runtime's own names: ${reserved.join(', ')}`);
  if (new Set(names).size !== names.length) throw new Error(`table ${table.name}: a column is named twice`);
  if (Object.keys(table.partitionKey).length === 0)
    throw new Error(`table ${table.name} has no partition key`);
  return table;
}

/** A table's name in CQL, of one generation. */
export function cqlName(table: Pick<Table, 'name'>, generation: number): string {
  return `${table.name}_g${generation}`;
}

/** The clustering columns as they are in CQL, the runtime's own included. */
export function clusteringColumns(table: Table): Columns {
  return table.kind === 'totals' ? { ...table.clusteringKey, [KAFKA_PARTITION]: 'int' } : table.clusteringKey;
}

/** The value columns as they are in CQL, the runtime's own included. */
export function valueColumns(table: Table): Columns {
  return table.kind === 'totals' ? { ...table.columns, [LAST_POSITION]: 'bigint' } : table.columns;
}
