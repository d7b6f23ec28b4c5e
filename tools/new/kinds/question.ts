import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  contextOfAggregate,
  EVENT_TYPES,
  contextOf,
  isAggregateType,
  type ContextName,
} from '@meridian/contracts';
import type { Projection, Table } from '@meridian/projection';
import { READ_MODEL_NAMES, READ_MODELS, type ReadModelName } from '@meridian/read-models';
import { workspaceRoot } from '../../shell/workspace.ts';
import { nameOf, wordOf } from '../names.ts';
import type { Plan } from '../plan.ts';
import { NewProblem } from '../problem.ts';
import { planQuestion, type AskedTable, type ShownKind } from '../question-parts.ts';
import type { Options } from '../options.ts';

const SHOWN: readonly string[] = ['text', 'bigint', 'int', 'boolean', 'timestamp'] satisfies ShownKind[];
const isShown = (kind: string): kind is ShownKind => SHOWN.includes(kind);
const isReadModel = (name: string | undefined): name is ReadModelName =>
  READ_MODEL_NAMES.some((known) => known === name);

/** Plans a question about one row of an existing read model. */
export async function planNewQuestion(plan: Plan, name: string, options: Options): Promise<void> {
  const method = nameOf(name);
  const modelName = options['read-model'];
  if (!isReadModel(modelName))
    throw new NewProblem(
      `--read-model must be one of ${READ_MODEL_NAMES.join(', ')}; it is ${modelName ?? 'not given'}`,
    );
  if (!method.kebab.startsWith('get-'))
    throw new NewProblem(`a question begins with get-: write get-${method.kebab}`);
  const subject = nameOf(method.kebab.slice('get-'.length));
  const table = await askedTable(READ_MODELS[modelName], options.table);
  planQuestion(plan, { model: wordOf(modelName), method, subject, table });
  plan.todo(
    `proto/meridian/${modelName}/v1/query_service.proto: what ${method.pascal} shows; now every column that can be shown`,
  );
  plan.todo(`libs/read-models/${modelName}/src/find-${subject.kebab}.ts: what it reads`);
}

async function askedTable(projection: Projection, asked: string | undefined): Promise<AskedTable> {
  const tables = (await exportedTables(projection)).flatMap((one) => asAsked(projection, one) ?? []);
  const names = tables.map(({ name }) => name).join(', ');
  if (tables.length === 0)
    throw new NewProblem(
      `no table of ${projection.name} has one row per aggregate: write the question after the pattern of another`,
    );
  const chosen = asked === undefined ? tables : tables.filter(({ name }) => name === asked);
  const [one, ...others] = chosen;
  if (!one)
    throw new NewProblem(
      `${projection.name} has no table ${asked} with one row per aggregate; it has ${names}`,
    );
  if (others.length > 0)
    throw new NewProblem(`say which table the question reads: --table ${names.replaceAll(', ', ' or ')}`);
  return one;
}

interface ExportedTable {
  readonly table: Table;
  readonly constant: string;
  readonly file: string;
}

/** The tables of a read model, with the constants that its own files import. */
async function exportedTables({ name, tables }: Projection): Promise<ExportedTable[]> {
  const folder = join(workspaceRoot, 'libs/read-models', name, 'src');
  const files = readdirSync(folder).filter((file) => file === 'tables.ts' || file === 'projection.ts');
  const found = await Promise.all(
    files.map(async (file) => {
      const exported: unknown = await import(join(folder, file));
      return exportsOf(exported).flatMap(([constant, value]) => {
        const table = tables.find((one) => one === value);
        return table ? [{ table, constant, file: `./${file}` }] : [];
      });
    }),
  );
  return found.flat();
}

function exportsOf(module: unknown): [string, unknown][] {
  return typeof module === 'object' && module !== null ? Object.entries(module) : [];
}

/** The table as a question asks it; undefined when it has more than one row per aggregate, or no position of its own. */
function asAsked(
  projection: Projection,
  { table, constant, file }: ExportedTable,
): (AskedTable & { name: string }) | undefined {
  if (table.kind === 'totals') return undefined;
  const { partitionKey, clusteringKey = {}, staticColumns = {} } = table;
  const isBucketed = 'bucket' in partitionKey;
  const onStatic = Object.keys(staticColumns).length > 0;
  const key = Object.keys({ ...partitionKey, ...(onStatic ? {} : clusteringKey) }).filter(
    (column) => column !== 'bucket',
  );
  const [idColumn = ''] = key;
  const shown = onStatic ? staticColumns : table.columns;
  if (key.length !== 1 || !idColumn.endsWith('_id') || !('position' in shown) || !('version' in shown))
    return undefined;
  const context = ownerOf(projection, idColumn);
  const event = EVENT_TYPES.find((type) => contextOf(type) === context);
  if (context === undefined || event === undefined) return undefined;
  const columns = Object.entries(shown).flatMap(([name, kind]) =>
    name !== 'position' && isShown(kind) ? [{ name, kind }] : [],
  );
  return { name: table.name, constant, file, idColumn, isBucketed, columns, context, event };
}

function ownerOf({ contexts }: Projection, idColumn: string): ContextName | undefined {
  if (contexts.length === 1) return contexts[0];
  const aggregate = idColumn.slice(0, -'_id'.length);
  return isAggregateType(aggregate) ? contextOfAggregate(aggregate) : undefined;
}
