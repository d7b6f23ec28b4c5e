import { {{event}} } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  given,
  goldenHash,
  recorded,
} from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { {{name}}, {{name}}Projection } from './projection.ts';

const first = recorded('a', 1n, 7n, { type: '{{event}}', data: {{event}}.create() });
const second = recorded('b', 1n, 8n, { type: '{{event}}', data: {{event}}.create() });
const events = [first, second];

describe('the projection {{name}}', () => {
  it('has a row of every {{aggregate}}, which says which events it includes', () => {
    expect(given({{name}}Projection, first).rows({{name}})).toMatchObject([
      { bucket: shardOf('a'), {{idField}}: 'a', version: 1n, position: 7n },
    ]);
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({ version: {{name}}Projection.version, hash: goldenHash({{name}}Projection, events) }).toEqual({
      version: 1,
      hash: '{{hash}}',
    });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing({{name}}Projection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing({{name}}Projection, events);
  });

  it.todo('shows what each type of event changes');
});
