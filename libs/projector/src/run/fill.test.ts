import { topicOf, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it } from 'vitest';
import type { BatchHandler } from '../partition/handle-batch.ts';
import { ownerIn, stockRegions, take } from '../testing/in-memory-owner.ts';
import { EVENTS_PER_FOLD, fill, type FillOptions, type Journal } from './fill.ts';

type Range = Parameters<Journal['read']>[0];

/** Fills from these events. Gives the ranges that were read, and the batches that were handled. */
async function filled(
  recorded: readonly EventEnvelope[],
  { contexts, reached = () => Promise.resolve(0n), maxEventsPerSecond = 0 }: Partial<FillOptions>,
) {
  const asked: Omit<Range, 'signal'>[] = [];
  const batches: { topic: string; partition: number; offsets: readonly string[] }[] = [];
  const handler: BatchHandler = {
    handle({ topic, partition, messages }) {
      batches.push({ topic, partition, offsets: messages.map(({ offset }) => offset) });
      return Promise.resolve();
    },
    goesOnAt: () => Promise.resolve(),
    foreign: () => [],
    forget: () => undefined,
  };
  const journal: Journal = {
    head: () => Promise.resolve(0n),
    async *read({ signal: _, ...range }) {
      asked.push(range);
      const { shard, context, after, until } = range;
      const isAsked = (event: EventEnvelope) =>
        event.shard === shard &&
        event.context === context &&
        event.position > after &&
        event.position <= until;
      yield await Promise.resolve(recorded.filter(isAsked));
    },
  };
  await fill({
    journal,
    contexts: contexts ?? ['inventory'],
    topicPrefix: 'test',
    handler,
    until: recorded.at(-1)?.position ?? 0n,
    goesOnAt: () => 0n,
    maxEventsPerSecond,
    reached,
    signal: new AbortController().signal,
  });
  return { asked, batches };
}

const stockOf = (count: number) =>
  tellStock(Array.from({ length: count }, () => ({ productId: 'a', delta: 1n })));

describe('filling a generation', () => {
  it('asks for each context by itself, from where its own partition is', async () => {
    const events = stockOf(30);
    const shard = events[0]!.shard;
    const { asked, batches } = await filled(events, {
      contexts: ['orders', 'inventory'],
      reached: (context) => Promise.resolve(context === 'inventory' ? 20n : 5n),
    });
    expect(asked).toHaveLength(2 * SHARD_COUNT);
    expect(asked.filter((range) => range.shard === shard)).toEqual([
      { shard, context: 'orders', after: 5n, until: 30n },
      { shard, context: 'inventory', after: 20n, until: 30n },
    ]);
    const offsets = Array.from({ length: 10 }, (_, n) => String(21 + n));
    expect(batches).toEqual([{ topic: topicOf('inventory', 'test'), partition: shard, offsets }]);
  });

  it('asks for nothing of what is filled already', async () => {
    const { asked } = await filled(stockOf(30), { reached: () => Promise.resolve(30n) });
    expect(asked).toEqual([]);
  });

  it('folds as many events together as may be in memory, and few where it is slowed down', async () => {
    const events = stockOf(EVENTS_PER_FOLD + 500);
    const sizes = ({ batches }: Awaited<ReturnType<typeof filled>>) =>
      batches.map(({ offsets }) => offsets.length);
    expect(sizes(await filled(events, {}))).toEqual([EVENTS_PER_FOLD, 500]);
    const slowed = await filled(events.slice(0, 1_000), { maxEventsPerSecond: 10_000 });
    expect(sizes(slowed)).toEqual([500, 500]);
  });

  it('says what helps when no more can be parked: nobody retries or discards anything in a fill', async () => {
    const project = () => {
      throw new Error('a bug in the projection');
    };
    const fails = {
      projection: { ...stockProjection, project },
      parkingBounds: { maxAggregates: 0, maxEventsAnAggregate: 1, maxDeferred: 1 },
    };
    const regions = stockRegions();
    for (const [source, help] of [
      ['journal', /until its generation is dropped, and filled anew by mended code/],
      ['kafka', /until some is retried or discarded/],
    ] as const) {
      const owner = ownerIn(regions, { ...fails, source });
      await expect(take(owner, tellStock([{ productId: 'a', delta: 1n }], 10n))).rejects.toThrow(help);
      await owner.stop();
    }
  });
});
