import { describe, expect, it } from 'vitest';
import { whatBecameOf } from './resolve.ts';

const ours = { requestId: 'ours', detail: '' };

describe('a request about a parked aggregate', () => {
  it.each([
    ['nobody has answered it', ours],
    ['nothing is found yet', undefined],
  ])('says that the projector has not answered where %s', (_what, found) => {
    const { text, isDone } = whatBecameOf('ours', found);
    expect(text).toContain('the projector has not answered yet');
    expect(isDone).toBe(false);
  });

  it('tells the answer of the projector, and whether it is done', () => {
    const done = { ...ours, detail: '2 events were applied', outcome: 'done' as const };
    expect(whatBecameOf('ours', done)).toEqual({ text: '2 events were applied', isDone: true });
    const failed = { ...ours, detail: 'it fails again', outcome: 'failed' as const };
    expect(whatBecameOf('ours', failed)).toEqual({ text: 'it fails again', isDone: false });
  });

  it('says that another one took its place, whatever became of that one', () => {
    const theirs = { requestId: 'theirs', detail: '2 events were applied', outcome: 'done' as const };
    const { text, isDone } = whatBecameOf('ours', theirs);
    expect(text).toContain('another request about this aggregate took the place of this one');
    expect(isDone).toBe(false);
  });
});
