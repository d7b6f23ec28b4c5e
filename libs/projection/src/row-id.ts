import type { Table } from './table.ts';

type Values = Readonly<Record<string, unknown>>;
type KeyOf = Pick<Table, 'name' | 'partitionKey' | 'clusteringKey'>;

/**
 * The name of a row, or of a total without the share that a Kafka partition keeps. It is the same for the same table and
 * key only, whatever else is among the values.
 */
export function rowIdOf(table: KeyOf, values: Values): string {
  let id = partitionIdOf(table, values);
  for (const column in table.clusteringKey) id += `,${textOf(values[column])}`;
  return id;
}

/** The name of the partition that a row is in: the same for the same table and partition only. */
export function partitionIdOf(table: KeyOf, values: Values): string {
  let id = table.name;
  for (const column in table.partitionKey) id += `,${textOf(values[column])}`;
  return id;
}

/**
 * The name of a partition key, in whichever table: the same for the same types and values only. A store keeps partitions of
 * this key on the same replicas, and makes one mutation of what one request writes to them.
 */
export function partitionKeyIdOf({ partitionKey }: Pick<Table, 'partitionKey'>, values: Values): string {
  let id = '';
  for (const column in partitionKey) id += `,${partitionKey[column]} ${textOf(values[column])}`;
  return id;
}

/** A text has its length before it, so that no text looks like the end of one and the beginning of the next. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return `${value.length}:${value}`;
  return String(value instanceof Date ? value.getTime() : value);
}
