import type { ContextName, EventType } from '@meridian/contracts';
import { planMethodAccess } from './access.ts';
import { addImport, addNames, insertAfter } from './insert.ts';
import { camelOf, type Name } from './names.ts';
import type { Plan } from './plan.ts';
import { render } from './template.ts';

/** What a column holds, as far as a question can show it. */
export type ShownKind = 'text' | 'bigint' | 'int' | 'boolean' | 'timestamp';

/** A table with one row per aggregate, which a question can ask by the aggregate's id. */
export interface AskedTable {
  /** The name of its constant, and the file that exports it, as the read model's files import it. */
  readonly constant: string;
  readonly file: string;
  readonly idColumn: string;
  /** Whether its rows are spread over buckets by the id's shard. */
  readonly isBucketed: boolean;
  /** What the answer shows besides the id. `version` is among them. */
  readonly columns: readonly { readonly name: string; readonly kind: ShownKind }[];
  /** The context that owns the rows. */
  readonly context: ContextName;
  /** The type of an aggregate's first event. */
  readonly event: EventType;
}

/** A question about one row. */
export interface AskedQuestion {
  readonly model: Name;
  readonly method: Name;
  readonly subject: Name;
  readonly table: AskedTable;
}

const PROTO: Readonly<Record<ShownKind, string>> = {
  text: 'string',
  bigint: 'int64',
  int: 'int32',
  boolean: 'bool',
  timestamp: 'google.protobuf.Timestamp',
};
const TYPESCRIPT: Readonly<Record<ShownKind, string>> = {
  text: 'string',
  bigint: 'bigint',
  int: 'number',
  boolean: 'boolean',
  timestamp: 'Date',
};
const TIMESTAMP_IMPORT = 'import "google/protobuf/timestamp.proto";\n';

/** Plans a question: contract, rule, access, reading, answering, wiring and its test over gRPC. */
export function planQuestion(plan: Plan, question: AskedQuestion): void {
  const { model, method, subject, table } = question;
  const common = { model: model.camel, method: method.camel, Method: method.pascal };
  const named = { subject: subject.kebab.replaceAll('-', ' '), SUBJECT: subject.upper };
  const id = camelOf(table.idColumn);
  const { context } = table;
  planContract(plan, question, named);
  planMethodAccess(plan, `${model.pascal}QueryServiceDefinition`, method);
  plan.create(
    `libs/read-models/${model.kebab}/src/find-${subject.kebab}.ts`,
    render('question/find.ts', {
      subject: named.subject,
      Subject: subject.pascal,
      id,
      context,
      ...readingOf(table),
    }),
  );
  plan.edit(`libs/read-models/${model.kebab}/src/index.ts`, (text) =>
    addImport(
      text,
      `export { find${subject.pascal}, type ${subject.pascal}Row } from './find-${subject.kebab}.ts';`,
    ),
  );
  const questions = `apps/query-service/src/questions/${model.kebab}`;
  plan.create(
    `${questions}/${method.kebab}.ts`,
    render('question/answer.ts', { ...common, ...named, Subject: subject.pascal, id, context }),
  );
  plan.create(
    `${questions}/${method.kebab}.integration.test.ts`,
    render('question/answer.integration.test.ts', {
      ...common,
      SUBJECT: subject.upper,
      id,
      event: table.event,
    }),
  );
  planWiring(plan, question);
}

function planContract(
  plan: Plan,
  { model, method, table }: AskedQuestion,
  named: { readonly subject: string; readonly SUBJECT: string },
): void {
  const fields = table.columns.map(
    ({ name, kind }, index) =>
      `  // The column ${name} of the row.\n  ${name === 'version' ? 'uint64' : PROTO[kind]} ${name} = ${index + 2};`,
  );
  const Method = method.pascal;
  plan.edit(`proto/meridian/${model.snake}/v1/query_service.proto`, (text) => {
    const service = insertAfter(
      text,
      new RegExp(`service ${model.pascal}QueryService \\{\\n`),
      /^\}/m,
      render('question/rpc.proto', { Method, ...named }),
    );
    const needsTime =
      table.columns.some(({ kind }) => kind === 'timestamp') && !service.includes(TIMESTAMP_IMPORT);
    const imported = needsTime ? insertAfter(service, /package [^\n]*\n\n/, /^/, TIMESTAMP_IMPORT) : service;
    const last = String(table.columns.length + 2);
    const values = {
      Method,
      subject: named.subject,
      idColumn: table.idColumn,
      fields: fields.join('\n'),
      last,
    };
    return `${imported}${render('question/messages.proto', values)}`;
  });
  plan.edit(`libs/contracts/src/rules/${model.kebab}.ts`, (text) => {
    const values = { model: model.snake, Model: model.pascal, Method, id: camelOf(table.idColumn) };
    const ruled = insertAfter(
      text,
      new RegExp(`export const ${model.camel}Rules[^\\n]*\\{`),
      /\n\};/,
      `\n${render('question/rule', values).trimEnd()}`,
    );
    return addNames(addNames(ruled, './read-options.ts', 'readOptions'), './values.ts', 'id', 'message');
  });
}

function readingOf(table: AskedTable): Record<string, string> {
  const { columns, idColumn, isBucketed } = table;
  const id = camelOf(idColumn);
  const cellOf = (name: string, kind: ShownKind) =>
    kind === 'boolean' ? `row['${name}'] === true` : `${kind}(row, '${name}')`;
  const readers = new Set(columns.flatMap(({ kind }) => (kind === 'boolean' ? [] : [kind]))).add('bigint');
  const needed = columns.filter(({ kind }) => kind !== 'boolean').map(({ name }) => `'${name}'`);
  return {
    table: table.constant,
    tableFile: table.file,
    readers: [...readers]
      .sort()
      .map((reader) => `${reader}, `)
      .join(''),
    members: columns.map(({ name, kind }) => `  readonly ${camelOf(name)}: ${TYPESCRIPT[kind]};`).join('\n'),
    cells: columns.map(({ name, kind }) => `    ${camelOf(name)}: ${cellOf(name, kind)},`).join('\n'),
    needed: needed.join(', '),
    where: `${isBucketed ? 'bucket = ? AND ' : ''}${idColumn} = ?`,
    params: `${isBucketed ? `shardOf(${id}), ` : ''}${id}`,
  };
}

function planWiring(plan: Plan, { model, method }: AskedQuestion): void {
  plan.edit('apps/query-service/src/services.ts', (text) =>
    insertAfter(
      addImport(text, `import { ${method.camel} } from './questions/${model.kebab}/${method.kebab}.ts';`),
      new RegExp(`server\\.add\\((?:${model.pascal}QueryServiceDefinition|${model.upper}_DEFINITION), \\{`),
      /\n? {2}\}\);/,
      `\n    ${method.camel}: ${method.camel}(${model.camel}),`,
    ),
  );
}
