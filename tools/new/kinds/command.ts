import { aggregateTypeOf, decodeEvent, isEventType } from '@meridian/contracts';
import { planMethodAccess } from '../access.ts';
import { aggregateOf, type Aggregate } from '../aggregates.ts';
import { addImport, addNames, insertAfter } from '../insert.ts';
import { nameOf, type Name } from '../names.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../plan.ts';
import { NewProblem } from '../problem.ts';
import { render } from '../template.ts';

/** Plans a command that changes one existing aggregate. */
export async function planNewCommand(plan: Plan, given: string, options: Options): Promise<void> {
  const name = nameOf(given);
  const aggregate = aggregateOf(options.aggregate);
  const decided = decisionFor(aggregate, options.event);
  const { context, id } = aggregate;
  const common = { Name: name.pascal, name: name.camel, Aggregate: aggregate.name.pascal, id };
  const words = { aggregate: aggregate.name.camel, AGGREGATE: aggregate.name.upper };
  planContract(plan, name, aggregate);
  planMethodAccess(plan, `${context.pascal}CommandServiceDefinition`, name);
  const domain = `libs/domain/${context.kebab}/src`;
  plan.create(`${domain}/${name.kebab}.ts`, render('command/decide.ts', { ...common, ...words, ...decided }));
  plan.create(
    `${domain}/${name.kebab}.test.ts`,
    render('command/decide.test.ts', { Name: name.pascal, name: name.camel, file: name.kebab, id, ...words }),
  );
  plan.edit(`${domain}/index.ts`, (text) => addImport(text, `export * from './${name.kebab}.ts';`));
  plan.create(
    `apps/command-service/src/commands/${context.kebab}/${name.kebab}.ts`,
    render('command/use-case.ts', {
      Name: name.pascal,
      name: name.camel,
      id,
      aggregate: aggregate.name.camel,
      context: context.kebab,
    }),
  );
  plan.edit('apps/command-service/src/services.ts', (text) =>
    insertAfter(
      addImport(text, `import { ${name.camel}UseCase } from './commands/${context.kebab}/${name.kebab}.ts';`),
      new RegExp(`server\\.add\\(${context.pascal}CommandServiceDefinition, \\{`),
      /\n {2}\}\);/,
      `\n    ${name.camel}: handle(${name.camel}UseCase),`,
    ),
  );
  plan.todo(`${domain}/${name.kebab}.ts: what ${name.pascal} decides, and its refusals`);
  plan.todo(`${domain}/${name.kebab}.test.ts: given, when, then`);
}

/** What the decider answers: the event, where one was named that says no more than the id. */
function decisionFor({ type, id, name }: Aggregate, event: string | undefined) {
  if (event === undefined)
    return {
      names: 'refuse, type Decision',
      decision: `refuse('failed-precondition', 'NOT_DECIDED', \`nobody has written yet what happens to ${name.camel} \${${id}}\`)`,
    };
  if (!isEventType(event) || aggregateTypeOf(event) !== type)
    throw new NewProblem(
      `--event must be an event of an aggregate of the kind ${type}, and ${event} is none: make it with npm run new -- event`,
    );
  const { data } = decodeEvent(event, new Uint8Array());
  const [first, ...others] = Object.keys(data);
  if (first !== id || others.length > 0)
    throw new NewProblem(
      `${event} says more than ${id}: leave --event out, and write what the command puts into it`,
    );
  return {
    names: 'accept, refuse, type Decision',
    decision: `accept({ type: '${event}', data: { ${id} } })`,
  };
}

function planContract(
  plan: Plan,
  name: Name,
  { context, idField, id, name: { camel, upper } }: Aggregate,
): void {
  const words = { Name: name.pascal, aggregate: camel, idField };
  plan.edit(`proto/meridian/${context.snake}/v1/command_service.proto`, (text) => {
    const service = insertAfter(
      text,
      new RegExp(`service ${context.pascal}CommandService \\{\\n`),
      /^\}/m,
      render('command/rpc.proto', { Name: name.pascal, aggregate: camel, AGGREGATE: upper }),
    );
    return `${service}${render('command/messages.proto', words)}`;
  });
  plan.edit(`libs/contracts/src/rules/${context.kebab}.ts`, (text) => {
    const ruled = insertAfter(
      text,
      new RegExp(`export const ${context.camel}Rules[^\\n]*\\{`),
      /\n\};/,
      `\n${render('command/rule', { context: context.snake, Context: context.pascal, Name: name.pascal, id }).trimEnd()}`,
    );
    return addNames(ruled, './values.ts', 'expectedVersion', 'id', 'message', 'requestId');
  });
}
