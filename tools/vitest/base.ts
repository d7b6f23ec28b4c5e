import { relative, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfigFnObject } from 'vitest/config';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const pureTests = '**/*.test.ts';
const integrationTests = '**/*.integration.test.ts';
const unitTimeoutMs = 15_000;
const integrationTimeoutMs = 60_000;

/**
 * The vitest configuration that every project shares. `vitest --mode unit` runs the pure tests, `--mode integration`
 * those on real engines, one file after the other; without a mode both run. With a mode named, a JSON report goes to
 * dist/test-reports/<project folder>/<mode>.json.
 */
export function projectTests(projectRoot: string): ViteUserConfigFnObject {
  return defineConfig(({ mode }) => {
    const pureOnly = mode === 'unit';
    const report = resolve(
      workspaceRoot,
      'dist/test-reports',
      relative(workspaceRoot, projectRoot),
      `${mode}.json`,
    );
    return {
      root: projectRoot,
      // A cache of vite's own is of no use to code that needs no bundling.
      cacheDir: resolve(workspaceRoot, 'node_modules/.vite', relative(workspaceRoot, projectRoot)),
      test: {
        pool: 'forks',
        include: mode === 'integration' ? [integrationTests] : [pureTests],
        exclude: pureOnly ? [integrationTests, '**/node_modules/**'] : ['**/node_modules/**'],
        passWithNoTests: true,
        fileParallelism: pureOnly,
        testTimeout: pureOnly ? unitTimeoutMs : integrationTimeoutMs,
        hookTimeout: pureOnly ? unitTimeoutMs : 2 * integrationTimeoutMs,
        reporters: mode === 'test' ? ['default'] : ['default', 'json'],
        outputFile: { json: report },
      },
    };
  });
}
