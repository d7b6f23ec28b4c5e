import { describe, expect, it } from 'vitest';
import { {{name}} } from './{{file}}.ts';

describe('{{Name}}', () => {
  it('is refused for a {{aggregate}} that does not exist', () => {
    expect({{name}}(undefined, { {{id}}: 'nowhere' })).toMatchObject({
      accepted: false,
      refusal: { code: '{{AGGREGATE}}_NOT_FOUND' },
    });
  });

  it.todo('is accepted for a {{aggregate}} that allows it, and says what happened');
});
