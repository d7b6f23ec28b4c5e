// `npm run new -- KIND NAME`: writes the files and the entries of a question, a command, an event or a read model, so that all of it
// compiles and its tests pass. All or nothing: what is asked for is checked and planned before the first file is written.
import { parseArgs } from 'node:util';
import { outputOf } from '../shell/run.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import { planNewCommand } from './kinds/command.ts';
import { planNewEvent } from './kinds/event.ts';
import { planNewQuestion } from './kinds/question.ts';
import { planNewReadModel } from './kinds/read-model.ts';
import type { Options } from './options.ts';
import { createPlan, type Plan } from './plan.ts';
import { NewProblem } from './problem.ts';
import { openTodos } from './todos.ts';
import { isKind, usage, type Kind } from './usage.ts';

type Planner = (plan: Plan, name: string, options: Options) => Promise<void>;

const PLANNERS: Readonly<Record<Kind, Planner>> = {
  question: planNewQuestion,
  command: planNewCommand,
  event: planNewEvent,
  'read-model': planNewReadModel,
};

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ 'read-model': text, table: text, aggregate: text, event: text, columns: text },
        ...{ 'dry-run': flag, help: { ...flag, short: 'h' } },
      },
    });
  } catch (error) {
    throw new NewProblem(error instanceof Error ? error.message : String(error));
  }
}

function tell(plan: Plan, isDry: boolean): void {
  for (const path of plan.created) console.log(`new    ${path}`);
  for (const path of plan.edited) console.log(`edit   ${path}`);
  const counts = `${plan.created.length} new files, ${plan.edited.length} edits`;
  if (isDry) console.log(`\n${counts} would be written. Nothing was.`);
  else console.log(`\n${counts}, and the code generated from proto/. To be written by you:`);
  if (!isDry) for (const todo of plan.todos) console.log(`  - ${todo}`);
}

async function main(args: readonly string[]): Promise<number> {
  const { positionals, values } = parsed(args);
  const [kind, name, ...more] = positionals;
  if (values.help || kind === undefined) {
    console.log(usage());
    return values.help ? 0 : 2;
  }
  if (kind === 'todos') {
    const todos = openTodos(workspaceRoot);
    for (const todo of todos) console.log(todo);
    console.log(`${todos.length} to be written`);
    return todos.length === 0 ? 0 : 1;
  }
  if (!isKind(kind)) throw new NewProblem(`there is no kind "${kind}": see --help`);
  if (name === undefined || more.length > 0) throw new NewProblem(`${kind} takes one name: see --help`);
  const plan = createPlan(workspaceRoot);
  await PLANNERS[kind](plan, name, values);
  const isDry = values['dry-run'] ?? false;
  if (!isDry) await plan.apply(() => outputOf('node', ['tools/proto/generate.ts']));
  tell(plan, isDry);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NewProblem)) throw error;
  console.error(`${error.message}\nNothing was written.`);
  process.exitCode = 2;
}
