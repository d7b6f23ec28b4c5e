import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { startVitest, type TestCase } from 'vitest/node';
import type { DefectResult } from './defect-result.ts';
import type { TestedDefect } from './fold-defects.ts';
import { changed } from './plant.ts';

/**
 * Runs a project's test file with a defect planted in what it tests: it is caught when a test fails that should catch it. Throws when it
 * was not planted anywhere. Changes no file. `environment` names the engines for a test that needs some.
 */
export async function runTestedDefect(
  defect: TestedDefect,
  environment: Readonly<Record<string, string>> = {},
): Promise<DefectResult> {
  const { name, changes, project, testFile, caughtBy } = defect;
  const planted = new Set<string>();
  const plugin = {
    name: `planted ${name}`,
    enforce: 'pre' as const,
    transform(source: string, id: string) {
      const own = changes.filter(({ file }) => id.endsWith(`/${file}`));
      if (own.length === 0) return undefined;
      for (const { file } of own) planted.add(file);
      return changed(source, { name, changes: own });
    },
  };
  const root = path.join(workspaceFolder(), project);
  const options = {
    root,
    config: false as const,
    watch: false,
    reporters: [silent],
    pool: 'forks' as const,
    env: { ...environment },
    testTimeout: TEST_LIMIT_MS,
    hookTimeout: TEST_LIMIT_MS,
    expect: { poll: { timeout: TEST_LIMIT_MS / 4, interval: 50 } },
  };
  const vitest = await startVitest(
    'test',
    [testFile],
    { ...options, include: [testFile] },
    { plugins: [plugin] },
  );
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  await vitest.close();
  // It is for the caller to say what a failed test means here.
  process.exitCode = 0;
  for (const { file } of changes)
    if (!planted.has(file)) throw new Error(`${name} was not planted in ${file}`);
  const failed = tests.filter((test) => test.result().state === 'failed');
  const rules = failed.map((test) => test.name);
  return {
    caught: rules.some((rule) => caughtBy.includes(rule)),
    rules,
    counts: { tests: tests.length },
    examples: failed.map((test) => `${test.name}: ${firstLineOf(test)}`),
  };
}

/** A defect may show in that a test waits for ever. */
const TEST_LIMIT_MS = 120_000;

const silent = {};

function firstLineOf(test: TestCase): string {
  const [error] = test.result().errors ?? [];
  return error?.message.split('\n')[0] ?? '';
}
