import { EVENT_TYPES } from '@meridian/contracts';
import { aggregateOf, type Aggregate } from '../aggregates.ts';
import { insertAfter } from '../insert.ts';
import { nameOf, type Name } from '../names.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../plan.ts';
import { NewProblem } from '../problem.ts';
import { render } from '../template.ts';

const SAMPLE_ID = 'sample-1';

/** Plans an event of an existing aggregate, which says no more than the aggregate's id. */
export async function planNewEvent(plan: Plan, given: string, options: Options): Promise<void> {
  const name = nameOf(given);
  const aggregate = aggregateOf(options.aggregate);
  if (EVENT_TYPES.some((type) => type === name.pascal))
    throw new NewProblem(`the event ${name.pascal} exists already`);
  planEventContract(plan, name, aggregate);
  const { context, name: kind, id } = aggregate;
  const file = `libs/domain/${context.kebab}/src/${kind.kebab}.ts`;
  plan.edit(file, (text) =>
    insertAfter(
      insertAfter(
        text,
        new RegExp(`export type ${kind.pascal}Event = EventOf<`),
        /\s*>;/,
        ` | '${name.pascal}'`,
      ),
      new RegExp(`export function evolve${kind.pascal}\\(`),
      /(?<=\{\n)/,
      render('event/evolve', { Name: name.pascal, aggregate: kind.camel, id }),
    ),
  );
  plan.todo(
    `proto/meridian/${context.snake}/v1/events.proto: all that any projection needs of ${name.pascal}; then its sample`,
  );
  plan.todo(`${file}: what ${name.pascal} changes in the state`);
  plan.todo(
    `libs/read-models: which projections show ${name.pascal}; one that changes its output gets a new version`,
  );
}

/** Plans the message of an event, its place in the registry of events, and its sample. */
export function planEventContract(plan: Plan, name: Name, aggregate: Aggregate): void {
  const { context, name: kind, idField, type } = aggregate;
  const message = render('event/message.proto', { Name: name.pascal, aggregate: kind.camel, idField });
  plan.edit(`proto/meridian/${context.snake}/v1/events.proto`, (text) => `${text}${message}`);
  plan.edit('libs/contracts/src/events.ts', (text) =>
    insertAfter(
      insertAfter(
        text,
        /export interface EventDataByType \{/,
        /\n\}/,
        `\n  ${name.pascal}: ${context.camel}.${name.pascal};`,
      ),
      /const definitions: [^=]*= \{/,
      /\n\};/,
      `\n  ${name.pascal}: { aggregateType: '${type}', codec: ${context.camel}.${name.pascal} },`,
    ),
  );
  planSample(plan, name, aggregate);
}

/** The sample in the form that toJSON gives, and in binary: one text field of number 1. */
function planSample(plan: Plan, name: Name, { context, id }: Aggregate): void {
  const sample = `proto/samples/${context.kebab}/${name.pascal}.v1`;
  plan.create(`${sample}.json`, `${JSON.stringify({ [id]: SAMPLE_ID }, undefined, 2)}\n`);
  const text = Buffer.from(SAMPLE_ID);
  plan.create(`${sample}.binpb`, Buffer.from([0x0a, text.length, ...text]));
}
