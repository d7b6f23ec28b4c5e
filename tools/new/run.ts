// `npm run new -- KIND NAME` writes the files and entries of a question, a command, an event, a read model or an
// aggregate. All of it compiles, and its tests pass. All or nothing: what is asked for is checked and planned before
// the first file is written.
import { outputOf } from '../shell/run.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import type { Plan } from './plan.ts';
import { parsed, planned } from './planned.ts';
import { NewProblem } from './problem.ts';
import { openTodos } from './todos.ts';
import { usage } from './usage.ts';

const generateContracts = () => outputOf('node', ['tools/proto/generate.ts']);

/**
 * Writes all of a plan, then what is generated from it. This is the code of proto/, and the page of the
 * access table, which imports that code.
 */
async function write(plan: Plan): Promise<void> {
  let isGenerated = false;
  try {
    await plan.apply(() => {
      generateContracts();
      isGenerated = true;
      outputOf('node', ['tools/access/document.ts']);
    });
  } catch (error) {
    // What was written is taken back by now; the code goes back with it.
    if (isGenerated) generateContracts();
    throw error;
  }
}

function tell(plan: Plan, isDry: boolean): void {
  for (const path of plan.created) console.log(`new    ${path}`);
  for (const path of plan.edited) console.log(`edit   ${path}`);
  const counts = `${plan.created.length} new files, ${plan.edited.length} edits`;
  if (isDry) console.log(`\n${counts} would be written. Nothing was.`);
  else
    console.log(
      `\n${counts}, and what is generated from them (code of proto/, docs/security.md). To be written by you:`,
    );
  if (!isDry) for (const todo of plan.todos) console.log(`  - ${todo}`);
}

async function main(args: readonly string[]): Promise<number> {
  const { positionals, values } = parsed(args);
  const [kind] = positionals;
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
  const plan = await planned(args);
  const isDry = values['dry-run'] ?? false;
  if (!isDry) await write(plan);
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
