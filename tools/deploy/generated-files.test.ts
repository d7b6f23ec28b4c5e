import { describe, expect, it } from 'vitest';
import { staleFiles } from './generated-files.ts';

describe('generated files', () => {
  const fresh = new Map([['a.json', 'a']]);

  it('are fresh when they are what would be written', () => {
    expect(staleFiles(new Map([['a.json', 'a']]), fresh)).toEqual([]);
  });

  it('are stale when one was edited, is missing, or belongs to nothing', () => {
    const edited = new Map([
      ['a.json', 'b'],
      ['old.json', 'a'],
    ]);
    expect(staleFiles(edited, fresh)).toEqual([
      { name: 'a.json', why: 'is out of date' },
      { name: 'old.json', why: 'belongs to no plan' },
    ]);
    expect(staleFiles(new Map(), fresh)).toEqual([{ name: 'a.json', why: 'is missing' }]);
  });
});
