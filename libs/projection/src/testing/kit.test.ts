import { describe, expect, it } from 'vitest';
import { add, write, type Mutation } from '../mutation.ts';
import { toRecordedEvent } from '@meridian/contracts';
import type { Projection } from '../projection.ts';
import { assertOrderChangesNothing, assertReplayChangesNothing, given } from './index.ts';
import { levels, pieces, receipts, stockProjection, tellStock } from './stock-projection.ts';

const changes = (['a', 'b', 'a', 'a'] as const).map((productId, index) => ({
  productId,
  delta: [5n, 7n, -5n, 3n][index] ?? 0n,
}));
const events = tellStock(changes).flatMap((envelope) => toRecordedEvent(envelope) ?? []);
const [first, second, third] = events;

describe('given events, then rows', () => {
  it('shows rows with their keys, and a row no more that was taken away', () => {
    expect(given(stockProjection, first!, second!).rows(levels)).toEqual([
      { product_id: 'a', on_hand: 5n, version: 1n },
      { product_id: 'b', on_hand: 7n, version: 1n },
    ]);
    expect(given(stockProjection, first!).and(second!, third!).rows(levels)).toMatchObject([
      { product_id: 'b', on_hand: 7n },
    ]);
    expect(given(stockProjection, ...events).rows(receipts)).toContainEqual({
      bucket: 0,
      product_id: 'a',
      received: 3n,
      adjusted: -5n,
    });
  });

  it('shows totals summed over partitions, with each event once', () => {
    const store = given(stockProjection, ...events).and(...events.slice(1));
    expect(store.rows(pieces)).toEqual([
      { what: 'all', received: 15n, adjusted: -5n, events: 4n, last_product: 'a' },
    ]);
  });
});

/** A projection with a mistake: what it says of an event depends on how often it was asked before. */
function forgetful(mutations: (asked: bigint) => readonly Mutation[]): Projection {
  let asked = 0n;
  return { ...stockProjection, project: () => mutations(asked++) };
}

describe('the properties', () => {
  it('hold for a projection that keeps the rules', () => {
    assertReplayChangesNothing(stockProjection, events);
    assertOrderChangesNothing(stockProjection, events);
  });

  it('fail for one whose output depends on more than the event', () => {
    const row = forgetful((asked) => [write(levels, { product_id: 'a' }, { on_hand: asked })]);
    expect(() => assertReplayChangesNothing(row, events)).toThrow(/the rows differ|two values/);
    expect(() => assertOrderChangesNothing(row, events)).toThrow(/the rows differ|two values/);
    const total = forgetful((asked) => [add(pieces, { what: 'all' }, { events: asked })]);
    expect(() => assertReplayChangesNothing(total, events)).toThrow('the rows differ');
  });
});
