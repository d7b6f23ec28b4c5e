import { Create{{Aggregate}}Request, Create{{Aggregate}}Response } from '@meridian/contracts';
import { create{{Aggregate}} } from '@meridian/domain-{{context}}';
import { newId } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Makes a {{aggregate}}. */
export const create{{Aggregate}}UseCase: UseCase<Create{{Aggregate}}Request, Create{{Aggregate}}Response> = {
  name: 'Create{{Aggregate}}',
  request: Create{{Aggregate}}Request,
  answer: Create{{Aggregate}}Response,
  prepare({ {{id}} }) {
    const {{aggregate}} = { type: '{{aggregate}}', id: {{id}} || newId() } as const;
    return {
      locks: [{{aggregate}}],
      decide: (copy) =>
        decideAggregate(copy, {{aggregate}}, undefined, (state) =>
          create{{Aggregate}}(state, { {{id}}: {{aggregate}}.id }),
        ),
    };
  },
};
