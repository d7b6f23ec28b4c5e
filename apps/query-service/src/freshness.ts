import {
  fromToken,
  mergePositions,
  partitionKey,
  toToken,
  type ContextName,
  type Freshness,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';
import { SHARD_COUNT, shardOf } from '@meridian/kernel';
import type { Progress } from '@meridian/read-store';

/** What an answer was made of, and so what its token has to name. */
export interface AnswerBasis<T> {
  /** The aggregate's id where one context's single partition is enough. */
  readonly aggregateId?: string;
  /** Contexts of which only that aggregate's partition counts; all partitions of the others do. */
  readonly ownContexts?: readonly ContextName[];
  /** The events that what was read includes. Rows may be ahead of the progress that was noted before they were read. */
  includes(value: T): readonly (Positions | undefined)[];
}

/** Where an answer comes from. */
export interface AnsweringCopy {
  readonly region: string;
  /** Whether it stands in for the region that was asked. */
  readonly isFallback: boolean;
  /** The number of aggregates that it has parked or deferred something of. */
  readonly parked: number;
  /** The contexts that feed the read model. */
  readonly contexts: readonly ContextName[];
}

/**
 * How fresh an answer is. The token names what had been applied when the rows were read. It also names every later
 * event that the rows show. So whoever passes the token on never sees an older state.
 */
export function freshnessOf<T>(
  { region, isFallback, contexts, parked }: AnsweringCopy,
  progress: Progress,
  basis: AnswerBasis<T>,
  value: T,
): Freshness {
  const keys = new Set(partitionsOf(contexts, basis));
  const applied = new Map([...progress.positions].filter(([key]) => keys.has(key)));
  const included = basis.includes(value).filter((positions) => positions !== undefined);
  return {
    position: progress.highest,
    eventTime: progress.eventTime,
    region,
    fallback: isFallback,
    parkedAggregates: parked,
    token: toToken(mergePositions(applied, ...included)),
  };
}

/**
 * How fresh an answer of two parts is. Each part was answered by a read model of its own, and their tokens together name what both
 * include. The position is the higher one, and the event at that position was the later one. Where a part came from a region that stands
 * in, so did the answer.
 */
export function freshnessOfBoth(one: Freshness, other: Freshness): Freshness {
  const { position, eventTime } = one.position > other.position ? one : other;
  const { region, fallback } = one.fallback ? one : other;
  return {
    position,
    eventTime,
    region,
    fallback,
    parkedAggregates: one.parkedAggregates + other.parkedAggregates,
    token: toToken(mergePositions(fromToken(one.token), fromToken(other.token))),
  };
}

function partitionsOf<T>(
  contexts: readonly ContextName[],
  { aggregateId, ownContexts = [] }: AnswerBasis<T>,
): PartitionKey[] {
  return contexts.flatMap((name) => {
    if (aggregateId !== undefined && ownContexts.includes(name))
      return [partitionKey(name, shardOf(aggregateId))];
    return Array.from({ length: SHARD_COUNT }, (_, partition) => partitionKey(name, partition));
  });
}
