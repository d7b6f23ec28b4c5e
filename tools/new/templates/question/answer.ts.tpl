import type { {{Method}}Request, {{Method}}Response } from '@meridian/contracts';
import { find{{Subject}} } from '@meridian/read-model-{{model}}';
import { notFound } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';

/** One row of {{subject}}. */
export function {{method}}({{model}}: ReadModel): Question<{{Method}}Request, {{Method}}Response> {
  return async ({ {{id}}, read }, context) => {
    const { value, freshness } = await answer(
      {{model}},
      read,
      context,
      ({ reader }) => find{{Subject}}(reader, {{id}}),
      { aggregateId: {{id}}, ownContexts: ['{{context}}'], includes: (row) => [row?.includes] },
    );
    if (!value)
      throw notFound('{{SUBJECT}}_NOT_FOUND', `region ${ {{model}}.region} knows no {{subject}} of ${ {{id}}}`);
    const { includes: _includes, ...row } = value;
    return { ...row, freshness };
  };
}
