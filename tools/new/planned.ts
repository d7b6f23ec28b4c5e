import { parseArgs } from 'node:util';
import { workspaceRoot } from '../shell/workspace.ts';
import { planNewAggregate } from './kinds/aggregate.ts';
import { planNewCommand } from './kinds/command.ts';
import { planNewEvent } from './kinds/event.ts';
import { planNewQuestion } from './kinds/question.ts';
import { planNewReadModel } from './kinds/read-model.ts';
import type { Options } from './options.ts';
import { createPlan, type Plan } from './plan.ts';
import { NewProblem } from './problem.ts';
import { isKind, type Kind } from './usage.ts';

type Planner = (plan: Plan, name: string, options: Options) => Promise<void>;

const PLANNERS: Readonly<Record<Kind, Planner>> = {
  question: planNewQuestion,
  command: planNewCommand,
  event: planNewEvent,
  'read-model': planNewReadModel,
  aggregate: planNewAggregate,
};

/** The words and options of a command line. Throws NewProblem for an option that does not exist. */
export function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'read-model': text,
        table: text,
        aggregate: text,
        event: text,
        columns: text,
        context: text,
        'dry-run': flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new NewProblem(error instanceof Error ? error.message : String(error));
  }
}

/** Plans what a command line asks for, in this workspace. Throws NewProblem when that cannot be written; writes nothing. */
export async function planned(args: readonly string[]): Promise<Plan> {
  const { positionals, values } = parsed(args);
  const [kind, name, ...more] = positionals;
  if (!isKind(kind)) throw new NewProblem(`there is no kind "${kind}": see --help`);
  if (name === undefined || more.length > 0) throw new NewProblem(`${kind} takes one name: see --help`);
  const plan = createPlan(workspaceRoot);
  await PLANNERS[kind](plan, name, values);
  return plan;
}
