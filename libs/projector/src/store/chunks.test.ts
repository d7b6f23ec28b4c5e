import { describe, expect, it } from 'vitest';
import { chunksOf } from './chunks.ts';

const statement = (text: string) => ({ cql: 'INSERT', params: [text, 1n] });
const bounds = { maxStatements: 3, maxBytes: 200 };

describe('chunksOf', () => {
  it('keeps together what fits, in its order', () => {
    const statements = ['a', 'b', 'c', 'd'].map(statement);
    expect(chunksOf(statements, bounds)).toEqual([statements.slice(0, 3), statements.slice(3)]);
  });

  it('cuts before a batch grows too large, and lets a large statement go alone', () => {
    const [small, large] = [statement('x'), statement('x'.repeat(500))];
    expect(chunksOf([small, large, small, small], bounds)).toEqual([[small], [large], [small, small]]);
  });

  it('has no batch of nothing', () => {
    expect(chunksOf([], bounds)).toEqual([]);
  });
});
