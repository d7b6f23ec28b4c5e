import type { z } from 'zod';
import { problemsBetween } from './base-config.ts';
import { rememberFiles } from './following.ts';
import { withFiles } from './values-in-files.ts';

/** A process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration is not usable. The message has one line per variable, without its value, which may be a secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** One line per problem; each starts with the variable's name. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

function described(issue: z.core.$ZodIssue, env: Environment): string {
  const variable = String(issue.path[0] ?? '(all)');
  const missing = issue.code === 'invalid_type' && env[variable] === undefined;
  return `${variable}: ${missing ? 'is not set' : issue.message}`;
}

/** What is wrong between variables that are set, whatever else may be: one line a problem, by variable. */
export type ProblemsBetween = (set: Readonly<Record<string, string>>) => readonly string[];

/**
 * Reads a configuration from the environment; a variable that is set to nothing counts as not set. The value of each may stand in a
 * file instead, which `NAME_FILE` names: secrets are then in no process list. Throws
 * ConfigurationError with every problem at once, by variable: also those that `more` finds between variables.
 */
export function loadConfig<Shape extends z.ZodObject>(
  shape: Shape,
  env: Environment,
  more: ProblemsBetween = () => [],
): z.output<Shape> {
  const { set, files, problems } = withFiles(shape, env);
  const result = shape.safeParse(set);
  const between = [...problems, ...problemsBetween(set), ...more(set)];
  if (result.success && between.length === 0) {
    rememberFiles(result.data, files);
    return result.data;
  }
  const issues = result.error?.issues ?? [];
  throw new ConfigurationError([...issues.map((issue) => described(issue, set)), ...between].sort());
}
