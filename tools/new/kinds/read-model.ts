import { createHash } from 'node:crypto';
import { commandServices, contextOf, EVENT_TYPES, aggregateTypeOf, queryServices } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { planServiceAccess } from '../access.ts';
import { aggregateOf, type Aggregate } from '../aggregates.ts';
import { columnsOf, declared, goldenCells, placeholderCode, type Column } from '../columns.ts';
import { addImport, addNames, insertAfter } from '../insert.ts';
import { addWorkspace, withDependency, withLockedDependency } from '../manifests.ts';
import { nameOf, wordOf, type Name } from '../names.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../plan.ts';
import { NewProblem } from '../problem.ts';
import { planQuestion } from '../question-parts.ts';
import { render } from '../template.ts';

const REGISTRY = 'libs/read-models/registry';

/** Plans a read model with one row per aggregate of a kind: projection, table, projector, first question and oracle. */
export async function planNewReadModel(plan: Plan, given: string, options: Options): Promise<void> {
  const name = wordOf(given);
  const aggregate = aggregateOf(options.aggregate);
  const taken = [
    ...Object.keys(queryServices),
    ...Object.keys(commandServices),
    'operations',
    'common',
    'registry',
  ];
  if (taken.includes(name.camel)) throw new NewProblem(`${name.camel} exists already`);
  const columns = columnsOf(options.columns, aggregate.idField, 'bucket', 'version', 'position');
  planLibrary(plan, name, aggregate, columns);
  planProjector(plan, name);
  planRegistry(plan, name);
  planService(plan, name, aggregate, columns);
  planOracle(plan, name, aggregate, columns);
}

function firstEventOf({ type }: Aggregate) {
  const event = EVENT_TYPES.find((one) => aggregateTypeOf(one) === type);
  if (event === undefined) throw new NewProblem(`a ${type} has no events yet: make one first`);
  return event;
}

function planLibrary(
  plan: Plan,
  { camel: name }: Name,
  aggregate: Aggregate,
  columns: readonly Column[],
): void {
  const { idField, type } = aggregate;
  const event = firstEventOf(aggregate);
  const folder = `libs/read-models/${name}`;
  plan.create(`${folder}/package.json`, render('read-model/package.json', { name }));
  plan.create(`${folder}/vitest.config.ts`, render('read-model/vitest.config.ts', {}));
  plan.create(`${folder}/src/index.ts`, render('read-model/index.ts', { name }));
  const words = { name, idField, aggregate: type };
  plan.create(
    `${folder}/src/projection.ts`,
    render('read-model/projection.ts', {
      ...words,
      context: contextOf(event),
      columns: declared(columns),
      cells: placeholderCode(columns),
    }),
  );
  plan.create(
    `${folder}/src/projection.test.ts`,
    render('read-model/projection.test.ts', {
      ...words,
      event,
      hash: firstHash(name, idField, event, columns),
    }),
  );
  addWorkspace(plan, folder);
}

/** The golden hash of what the template's projection makes of the template's events. */
function firstHash(name: string, idField: string, event: string, columns: readonly Column[]): string {
  const output = ['a', 'b'].map((id, index) => {
    const position = 7 + index;
    const time = new Date(Date.UTC(2026, 0, 1) + position * 1_000);
    const cells = goldenCells(columns, event, time);
    return {
      table: name,
      kind: 'write',
      key: { bucket: shardOf(id), [idField]: id },
      cells: { ...cells, version: '1n', position: `${position}n` },
    };
  });
  return createHash('sha256').update(JSON.stringify(output)).digest('hex');
}

function planProjector(plan: Plan, { camel: name }: Name): void {
  const folder = `apps/projectors/${name}`;
  plan.create(`${folder}/package.json`, render('read-model/projector-package.json', { name }));
  plan.create(`${folder}/src/main.ts`, render('read-model/main.ts', { name }));
  addWorkspace(plan, folder);
}

function planRegistry(plan: Plan, { camel: name }: Name): void {
  const library = `@meridian/read-model-${name}`;
  for (const folder of [REGISTRY, 'apps/query-service']) {
    plan.edit(`${folder}/package.json`, (text) => withDependency(text, library));
    plan.edit('package-lock.json', (text) => withLockedDependency(text, folder, library));
  }
  plan.edit(`${REGISTRY}/src/read-models.ts`, (text) =>
    insertAfter(
      addImport(text, `import { ${name}Projection } from '${library}';`),
      /export const READ_MODELS = \{/,
      /\n\} as const/,
      `\n  ${name}: ${name}Projection,`,
    ),
  );
}

function planService(plan: Plan, name: Name, aggregate: Aggregate, columns: readonly Column[]): void {
  const { camel, pascal } = name;
  plan.create(
    `proto/meridian/${camel}/v1/query_service.proto`,
    render('read-model/query_service.proto', { name: camel, Name: pascal }),
  );
  plan.create(`libs/contracts/src/rules/${camel}.ts`, render('read-model/rules.ts', { name: camel }));
  plan.edit('libs/contracts/src/rules/validate.ts', (text) =>
    insertAfter(
      addImport(text, `import { ${camel}Rules } from './${camel}.ts';`),
      /const RULES: [^=]*= \{/,
      /\n\};/,
      `\n  ${camel}: ${camel}Rules,`,
    ),
  );
  plan.edit('apps/query-service/src/services.ts', (text) => {
    const imported = addNames(text, '@meridian/contracts', `${pascal}QueryServiceDefinition`);
    const models = insertAfter(
      imported,
      /export function registerServices[^]*?const \{/,
      / \} = models;/,
      `, ${camel}`,
    );
    return insertAfter(
      models,
      /export function registerServices/,
      /^\}/m,
      `  server.add(${pascal}QueryServiceDefinition, {\n  });\n`,
    );
  });
  planServiceAccess(plan, `${pascal}QueryServiceDefinition`);
  planQuestion(plan, {
    model: name,
    method: nameOf(`get-${name.kebab}`),
    subject: name,
    table: {
      constant: camel,
      file: './projection.ts',
      idColumn: aggregate.idField,
      isBucketed: true,
      columns: [...columns, { name: 'version', kind: 'bigint' }],
      context: aggregate.context.camel,
      event: firstEventOf(aggregate),
    },
  });
  plan.edit('apps/cli/src/start/caught-up.ts', (text) =>
    insertAfter(
      text,
      /const QUESTIONS: [^]*?=\s*\{/,
      /\n {2}\};/,
      `\n    ${camel}: ({ ${camel} }, options) => ${camel}.get${pascal}({ ${aggregate.id}: ID }, options),`,
    ),
  );
}

function planOracle(
  plan: Plan,
  { camel: name }: Name,
  { idField, type }: Aggregate,
  columns: readonly Column[],
): void {
  const folder = 'tests/faults/src/read/oracle';
  plan.create(
    `${folder}/${name}-rows.ts`,
    render('read-model/oracle.ts', {
      name,
      idField,
      aggregate: type,
      cells: placeholderCode(columns).replaceAll('event.time', 'time'),
      parts: columns.some(({ kind }) => kind === 'timestamp')
        ? 'event, aggregateId, version, position, time'
        : 'event, aggregateId, version, position',
    }),
  );
  plan.edit(`${folder}/expected-rows.ts`, (text) =>
    insertAfter(
      addImport(text, `import { ${name}Rows } from './${name}-rows.ts';`),
      /const FOLDS: [^]*?=\s*\{/,
      /\n\};/,
      `\n  ${name}: ${name}Rows,`,
    ),
  );
  plan.todo(`libs/read-models/${name}/src/projection.ts: what each event changes`);
  plan.todo(
    `libs/read-models/${name}/src/projection.test.ts: the rows that each event gives; then the golden hash`,
  );
  plan.todo(`${folder}/${name}-rows.ts: the same rows, by a fold that shares nothing with the projection`);
}
