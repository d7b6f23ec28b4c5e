import { describe, expect, it } from 'vitest';
import { checkProjection } from './projection.ts';
import { stockProjection } from './testing/stock-projection.ts';

describe('checkProjection', () => {
  it('takes totals that one context feeds', () => {
    expect(() => checkProjection(stockProjection)).not.toThrow();
  });

  it('refuses totals that two contexts would feed, whose partitions have the same numbers', () => {
    const contexts = ['inventory', 'orders'] as const;
    expect(() => checkProjection({ ...stockProjection, contexts })).toThrow(
      'projection test_stock is fed by inventory and orders and keeps totals (test_pieces)',
    );
    const tables = stockProjection.tables.filter(({ kind }) => kind === 'rows');
    expect(() => checkProjection({ ...stockProjection, contexts, tables })).not.toThrow();
  });
});
