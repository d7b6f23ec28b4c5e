import { CONTEXTS, fromWireContext, toWireContext, type ContextName } from './contexts.ts';
import type { ConsistencyToken } from './generated/meridian/common/v1/common.ts';

/** Positions by (context, partition): what a consistency token holds, in a form that is quick to compare. */
export type Positions = ReadonlyMap<PartitionKey, bigint>;

/** One partition of one context's events, such as `orders/3`. */
export type PartitionKey = `${ContextName}/${number}`;

/** Names a partition of a context's events. */
export function partitionKey(context: ContextName, partition: number): PartitionKey {
  return `${context}/${partition}`;
}

/** The token that names these positions; entries by context, then partition. */
export function toToken(positions: Positions): ConsistencyToken {
  const entries = [...positions].map(([key, position]) => {
    const { context, partition } = parsePartitionKey(key);
    return { context: toWireContext(context), partition, position };
  });
  entries.sort((a, b) => a.context - b.context || a.partition - b.partition);
  return { entries };
}

/** The positions that a token names; several entries for one partition merge by maximum, unknown contexts are ignored. */
export function fromToken(token: ConsistencyToken | undefined): Positions {
  const positions = new Map<PartitionKey, bigint>();
  for (const { context, partition, position } of token?.entries ?? []) {
    const name = fromWireContext(context);
    if (name) raise(positions, partitionKey(name, partition), position);
  }
  return positions;
}

/** Merges positions by maximum: what has seen the result has seen all of them. */
export function mergePositions(...all: readonly Positions[]): Positions {
  const merged = new Map<PartitionKey, bigint>();
  for (const positions of all) for (const [key, position] of positions) raise(merged, key, position);
  return merged;
}

/** The context and partition that a key names. */
export function parsePartitionKey(key: PartitionKey): { context: ContextName; partition: number } {
  const [context, partition] = key.split('/');
  const name = CONTEXTS.find((known) => known === context);
  if (!name || partition === undefined) throw new Error(`no partition key: ${key}`);
  return { context: name, partition: Number(partition) };
}

function raise(positions: Map<PartitionKey, bigint>, key: PartitionKey, position: bigint): void {
  const known = positions.get(key);
  if (known === undefined || known < position) positions.set(key, position);
}
