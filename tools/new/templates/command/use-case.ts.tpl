import { {{Name}}Request, {{Name}}Response } from '@meridian/contracts';
import { {{name}} } from '@meridian/domain-{{context}}';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** {{Name}} of one {{aggregate}}. */
export const {{name}}UseCase: UseCase<{{Name}}Request, {{Name}}Response> = {
  name: '{{Name}}',
  request: {{Name}}Request,
  answer: {{Name}}Response,
  prepare({ {{id}}, expectedVersion }) {
    const {{aggregate}} = { type: '{{aggregate}}', id: {{id}} } as const;
    return {
      locks: [{{aggregate}}],
      decide: (copy) =>
        decideAggregate(copy, {{aggregate}}, expectedVersion, (state) => {{name}}(state, { {{id}} })),
    };
  },
};
