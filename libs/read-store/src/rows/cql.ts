import { SPECULATIVE_RETRY } from '@meridian/cassandra';
import { clusteringColumns, cqlName, type Table, valueColumns } from '@meridian/projection';

/** The statement that makes a table of a generation, if it is missing. */
export function createTableCql(keyspace: string, table: Table, generation: number): string {
  const clustering = clusteringColumns(table);
  const columns = [
    ...Object.entries({ ...table.partitionKey, ...clustering, ...valueColumns(table) }).map(
      ([n, t]) => `${n} ${t}`,
    ),
    ...Object.entries(table.staticColumns).map(([n, t]) => `${n} ${t} static`),
  ];
  const partition = `(${Object.keys(table.partitionKey).join(', ')})`;
  const key = [partition, ...Object.keys(clustering)].join(', ');
  const order = Object.keys(clustering).map((n) => `${n} ${table.descending.includes(n) ? 'DESC' : 'ASC'}`);
  const ordered = order.length > 0 ? [`CLUSTERING ORDER BY (${order.join(', ')})`] : [];
  const options = [...ordered, SPECULATIVE_RETRY].join(' AND ');
  return `CREATE TABLE IF NOT EXISTS ${keyspace}.${cqlName(table, generation)} (${columns.join(', ')}, PRIMARY KEY (${key})) WITH ${options}`;
}

/** The statements that change a table, with the order of the values to bind; the timestamp is bound last or first as said. */
export interface TableStatements {
  /** Upserts a row; the timestamp is the last value. */
  readonly insert: { readonly cql: string; readonly columns: readonly string[] };
  /** Upserts the static columns of a partition; the timestamp is the last value. */
  readonly insertStatic: { readonly cql: string; readonly columns: readonly string[] };
  /** Upserts a row and the static columns of its partition; the timestamp is the last value. */
  readonly insertBoth: { readonly cql: string; readonly columns: readonly string[] };
  /** Deletes a row; the timestamp is the first value. */
  readonly remove: { readonly cql: string; readonly columns: readonly string[] };
  /** Reads one row by its whole key. */
  readonly select: { readonly cql: string; readonly columns: readonly string[] };
  /** Reads so many rows of one partition by their keys: bound are the partition's key, then the rest of each row's key. */
  selectMany(rows: number): {
    readonly cql: string;
    readonly partition: readonly string[];
    readonly clustering: readonly string[];
  };
}

/** The static CQL for a table of a generation. */
export function tableStatements(keyspace: string, table: Table, generation: number): TableStatements {
  const name = `${keyspace}.${cqlName(table, generation)}`;
  const partition = Object.keys(table.partitionKey);
  const clustering = Object.keys(clusteringColumns(table));
  const keys = [...partition, ...clustering];
  const all = [...keys, ...Object.keys(valueColumns(table))];
  const statics = [...partition, ...Object.keys(table.staticColumns)];
  const both = [...all, ...Object.keys(table.staticColumns)];
  const equal = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(' AND ');
  const where = equal(keys);
  const oneOf = `(${clustering.map(() => '?').join(', ')})`;
  return {
    insert: { cql: insertCql(name, all), columns: all },
    insertStatic: { cql: insertCql(name, statics), columns: statics },
    insertBoth: { cql: insertCql(name, both), columns: both },
    remove: { cql: `DELETE FROM ${name} USING TIMESTAMP ? WHERE ${where}`, columns: keys },
    select: { cql: `SELECT * FROM ${name} WHERE ${where}`, columns: keys },
    selectMany(rows) {
      const places = Array.from({ length: rows }, () => oneOf).join(', ');
      const cql = `SELECT * FROM ${name} WHERE ${equal(partition)} AND (${clustering.join(', ')}) IN (${places})`;
      return { cql, partition, clustering };
    },
  };
}

function insertCql(name: string, columns: readonly string[]): string {
  const values = columns.map(() => '?').join(', ');
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${values}) USING TIMESTAMP ?`;
}
