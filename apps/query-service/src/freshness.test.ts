import { fromToken, partitionKey, toToken, type PartitionKey } from '@meridian/contracts';
import { SHARD_COUNT, shardOf } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import { freshnessOf, freshnessOfBoth } from './freshness.ts';

const model = { region: 'eu-west', isFallback: false, parked: 0, contexts: ['customers', 'orders'] as const };
const all = Array.from({ length: SHARD_COUNT }, (_, n) => n);
const positions = new Map<PartitionKey, bigint>(
  model.contexts.flatMap((name) => all.map((n) => [partitionKey(name, n), 100n] as const)),
);
const eventTime = new Date('2026-03-04T10:00:00Z');
const progress = { positions, highest: 100n, eventTime };

describe('the freshness of an answer', () => {
  it('names all partitions for a list, and where it comes from', () => {
    const freshness = freshnessOf(model, progress, { includes: () => [] }, []);
    expect(freshness).toMatchObject({ region: 'eu-west', position: 100n, eventTime });
    expect(fromToken(freshness.token)).toEqual(positions);
  });

  it('names one partition of the context that owns the row, and all of the others', () => {
    const basis = { aggregateId: 'ada', ownContexts: ['customers'] as const, includes: () => [] };
    const named = [...fromToken(freshnessOf(model, progress, basis, undefined).token).keys()];
    expect(named).toHaveLength(1 + SHARD_COUNT);
    expect(named).toContain(partitionKey('customers', shardOf('ada')));
  });

  it('names what the rows show beyond the progress, and never less than the progress', () => {
    const ahead = new Map([[partitionKey('orders', 3), 140n]]);
    const behind = new Map([[partitionKey('orders', 4), 60n]]);
    const basis = { includes: (rows: readonly (typeof ahead | undefined)[]) => rows };
    const token = fromToken(freshnessOf(model, progress, basis, [ahead, undefined, behind]).token);
    expect(token.get(partitionKey('orders', 3))).toBe(140n);
    expect(token.get(partitionKey('orders', 4))).toBe(100n);
  });

  it('has nothing to name before anything was applied', () => {
    const nothing = { positions: new Map<PartitionKey, bigint>(), highest: 0n, eventTime: undefined };
    const freshness = freshnessOf(model, nothing, { includes: () => [] }, []);
    expect(freshness).toEqual({
      position: 0n,
      eventTime: undefined,
      fallback: false,
      parkedAggregates: 0,
      region: 'eu-west',
      token: { entries: [] },
    });
  });
});

describe('the freshness of an answer of two parts', () => {
  const part = (position: bigint, key: PartitionKey) => ({
    position,
    eventTime: new Date(Number(position)),
    region: 'eu-west',
    fallback: false,
    parkedAggregates: 0,
    token: toToken(new Map([[key, position]])),
  });
  const [customers, orders] = [
    part(20n, partitionKey('customers', 1)),
    { ...part(30n, partitionKey('orders', 2)), parkedAggregates: 2 },
  ];

  it('is as far as the part that is further, and names and counts what both do', () => {
    const both = {
      position: 30n,
      eventTime: new Date(30),
      region: 'eu-west',
      fallback: false,
      parkedAggregates: 5,
      token: {
        entries: [...customers.token.entries, ...orders.token.entries],
      },
    };
    const parked = { ...customers, parkedAggregates: 3 };
    for (const freshness of [freshnessOfBoth(parked, orders), freshnessOfBoth(orders, parked)]) {
      expect({ ...freshness, token: undefined }).toEqual({ ...both, token: undefined });
      expect(fromToken(freshness.token)).toEqual(fromToken(both.token));
    }
  });

  it('tells of the region that stood in for either part', () => {
    const standIn = { region: 'us-east', fallback: true };
    for (const freshness of [
      freshnessOfBoth({ ...customers, ...standIn }, orders),
      freshnessOfBoth(customers, { ...orders, ...standIn }),
    ])
      expect(freshness).toMatchObject(standIn);
  });
});
