import type { z } from 'zod';
import { problemsBetween } from './base-config.ts';

/** A process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Says all that is wrong with a configuration: one line a variable, without its value, which may be a secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** One line a problem; each starts with the variable's name. */
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

/**
 * Reads a configuration from the environment; a variable that is set to nothing counts as not set. Throws
 * ConfigurationError with every problem at once, by variable.
 */
export function loadConfig<Shape extends z.ZodObject>(shape: Shape, env: Environment): z.output<Shape> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') set[name] = value;
  const result = shape.safeParse(set);
  const between = problemsBetween(set);
  if (result.success && between.length === 0) return result.data;
  const issues = result.error?.issues ?? [];
  throw new ConfigurationError([...issues.map((issue) => described(issue, set)), ...between].sort());
}
