import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AGGREGATE_TYPES, EVENT_TYPES } from '@meridian/contracts';
import { workspaceRoot } from '../../shell/workspace.ts';
import { planMethodAccess } from '../access.ts';
import { contextNamed, type Aggregate } from '../aggregates.ts';
import { addImport, addNames, insertAfter } from '../insert.ts';
import { camelOf, nameOf, wordOf } from '../names.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../plan.ts';
import { NewProblem } from '../problem.ts';
import { render } from '../template.ts';
import { planEventContract } from './event.ts';

const WRITE_STORE = 'libs/write-store/src';
const MIGRATIONS = 'libs/write-store/migrations';

/** Plans a kind of aggregate in an existing context, with its first event, its first command and its table. */
export async function planNewAggregate(plan: Plan, given: string, options: Options): Promise<void> {
  const name = wordOf(given);
  const context = contextNamed(options.context);
  const taken = AGGREGATE_TYPES.some((type) => type === name.camel) || name.camel === 'receipt';
  if (taken || EVENT_TYPES.some((type) => type === `${name.pascal}Created`))
    throw new NewProblem(`a kind of aggregate ${name.camel} exists already`);
  const idField = `${name.snake}_id`;
  const aggregate = { type: name.camel, name, context, idField, id: camelOf(idField) };
  plan.edit('libs/contracts/src/contexts.ts', (text) =>
    insertAfter(
      text,
      /const CONTEXT_BY_AGGREGATE = \{/,
      /\n\} as const/,
      `\n  ${name.camel}: '${context.camel}',`,
    ),
  );
  planEventContract(plan, nameOf(`${name.kebab}-created`), aggregate);
  planCommand(plan, aggregate);
  planDomain(plan, aggregate);
  planStates(plan, aggregate);
  planTable(plan, aggregate);
}

function planCommand(plan: Plan, { name, context, idField, id }: Aggregate): void {
  const words = { Aggregate: name.pascal, aggregate: name.camel };
  plan.edit(`proto/meridian/${context.snake}/v1/command_service.proto`, (text) => {
    const rpc = render('aggregate/rpc.proto', { ...words, AGGREGATE: name.upper });
    const service = insertAfter(
      text,
      new RegExp(`service ${context.pascal}CommandService \\{\\n`),
      /^\}/m,
      rpc,
    );
    return `${service}${render('aggregate/messages.proto', { ...words, idField })}`;
  });
  plan.edit(`libs/contracts/src/rules/${context.kebab}.ts`, (text) => {
    const values = { context: context.snake, Context: context.pascal, Aggregate: name.pascal, id };
    const rule = `\n${render('aggregate/rule', values).trimEnd()}`;
    const ruled = insertAfter(
      text,
      new RegExp(`export const ${context.camel}Rules[^\\n]*\\{`),
      /\n\};/,
      rule,
    );
    return addNames(ruled, './values.ts', 'message', 'optionalId', 'requestId');
  });
  planMethodAccess(plan, `${context.pascal}CommandServiceDefinition`, nameOf(`create-${name.kebab}`));
  const file = `commands/${context.kebab}/create-${name.kebab}.ts`;
  plan.create(
    `apps/command-service/src/${file}`,
    render('aggregate/use-case.ts', { ...words, context: context.kebab, id }),
  );
  plan.create(
    `apps/command-service/src/commands/${context.kebab}/create-${name.kebab}.integration.test.ts`,
    render('aggregate/use-case.integration.test.ts', {
      ...words,
      AGGREGATE: name.upper,
      context: context.camel,
      idField,
      id,
    }),
  );
  plan.edit('apps/command-service/src/services.ts', (text) =>
    insertAfter(
      addImport(text, `import { create${name.pascal}UseCase } from './${file}';`),
      new RegExp(`server\\.add\\(${context.pascal}CommandServiceDefinition, \\{`),
      /\n {2}\}\);/,
      `\n    create${name.pascal}: handle(create${name.pascal}UseCase),`,
    ),
  );
}

function planDomain(plan: Plan, { name, context, id }: Aggregate): void {
  const folder = `libs/domain/${context.kebab}/src`;
  const words = { Aggregate: name.pascal, aggregate: name.camel, AGGREGATE: name.upper, id };
  plan.create(`${folder}/${name.kebab}.ts`, render('aggregate/state.ts', words));
  plan.create(`${folder}/${name.kebab}.test.ts`, render('aggregate/state.test.ts', words));
  plan.edit(`${folder}/index.ts`, (text) => addImport(text, `export * from './${name.kebab}.ts';`));
  plan.todo(`${folder}/${name.kebab}.ts: what a ${name.camel} is made of, and its rules`);
}

/** The places that hold a state of every kind: each is a record of the kinds, so that none can be forgotten. */
function planStates(plan: Plan, { name, context }: Aggregate): void {
  const { camel, pascal } = name;
  const domain = `@meridian/domain-${context.kebab}`;
  plan.edit(`${WRITE_STORE}/command/aggregates.ts`, (text) => {
    const imported = addNames(text, domain, `type ${pascal}`, `type ${pascal}Event`);
    const state = `\n  readonly ${camel}: ${pascal};`;
    const typed = insertAfter(imported, /export interface AggregateStates \{/, /\n\}/, state);
    const events = `\n  readonly ${camel}: ${pascal}Event;`;
    return insertAfter(typed, /export interface AggregateEvents \{/, /\n\}/, events);
  });
  plan.edit(`${WRITE_STORE}/state/working-copy.ts`, (text) => {
    const imported = addNames(text, domain, `evolve${pascal}`);
    const none = /export function noStates\(\): StateMaps \{/;
    const withState = insertAfter(imported, none, / \};/, `, ${camel}: new Map()`);
    return insertAfter(withState, /export const EVOLVE: /, / \};/, `, ${camel}: evolve${pascal}`);
  });
  plan.edit(`${WRITE_STORE}/commit/decide-group.ts`, (text) =>
    insertAfter(text, /\n {4}states: \{/, /\n {4}\},/, `\n      ${camel}: new Map(locked.states.${camel}),`),
  );
}

function planTable(plan: Plan, { name, context, idField, id }: Aggregate): void {
  const { camel, pascal } = name;
  const words = { aggregate: camel, idField };
  const file = `${WRITE_STORE}/state/tables/${name.kebab}.ts`;
  plan.create(
    file,
    render('aggregate/table.ts', { ...words, Aggregate: pascal, context: context.kebab, id }),
  );
  plan.edit(`${WRITE_STORE}/state/state-tables.ts`, (text) => {
    const imported = addImport(text, `import { ${camel}Table } from './tables/${name.kebab}.ts';`);
    const listed = insertAfter(
      imported,
      /export const TABLES: [^=]*= \{/,
      /\n\};/,
      `\n  ${camel}: ${camel}Table,`,
    );
    return insertAfter(listed, /const LOCK_ORDER: [^=]*= \[/, /\];/, `, '${camel}'`);
  });
  plan.edit(`${WRITE_STORE}/commit/held-rows.ts`, (text) =>
    insertAfter(
      text,
      /const TABLES = \{/,
      /\n\} as const/,
      `\n  ${camel}: { table: '${camel}', key: '${idField}' },`,
    ),
  );
  const migration = `${MIGRATIONS}/${nextMigration()}.do.${name.kebab}.sql`;
  plan.create(migration, render('aggregate/migration.sql', words));
  plan.todo(`${migration}: its columns, with the constraints that hold against any writer`);
  plan.todo(`${file}: the same columns`);
  const kinds = 'apps/cli/src/commands/trace/kinds.ts';
  plan.edit(kinds, (text) =>
    insertAfter(text, /const KINDS: [^=]*= \{/, /\n\};/, `\n  ${camel}: undefined,`),
  );
  plan.todo(`${kinds}: once a read model shows a ${camel}, so that it can be traced`);
}

function nextMigration(): string {
  const numbers = readdirSync(join(workspaceRoot, MIGRATIONS)).map((file) => Number.parseInt(file, 10));
  return String(Math.max(...numbers) + 1).padStart(3, '0');
}
