import { describe, expect, it } from 'vitest';
import { create{{Aggregate}}, evolve{{Aggregate}}, type {{Aggregate}}Event } from './{{aggregate}}.ts';

const created: {{Aggregate}}Event = { type: '{{Aggregate}}Created', data: { {{id}}: 'a' } };

describe('a {{aggregate}}', () => {
  it('is made once', () => {
    expect(create{{Aggregate}}(undefined, { {{id}}: 'a' })).toEqual({ accepted: true, events: [created] });
    expect(create{{Aggregate}}(evolve{{Aggregate}}(undefined, created), { {{id}}: 'a' })).toMatchObject({
      accepted: false,
      refusal: { code: '{{AGGREGATE}}_EXISTS' },
    });
  });

  it('has a history that makes sense, or reading it throws', () => {
    expect(() => evolve{{Aggregate}}({ {{id}}: 'a' }, created)).toThrow('cannot follow');
  });

  it.todo('keeps the rules of a {{aggregate}}');
});
