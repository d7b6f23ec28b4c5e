import { describe, expect, it } from 'vitest';
import { accept, refuse } from './refusal.ts';

describe('decisions', () => {
  it('carry their events in order when accepted', () => {
    expect(accept('first', 'second')).toEqual({ accepted: true, events: ['first', 'second'] });
  });

  it('carry a stable reason when refused', () => {
    expect(refuse('not-found', 'ORDER_NOT_FOUND', 'there is no order 7')).toEqual({
      accepted: false,
      refusal: { kind: 'not-found', code: 'ORDER_NOT_FOUND', message: 'there is no order 7', violations: [] },
    });
  });
});
