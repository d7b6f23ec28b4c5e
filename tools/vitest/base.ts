import { relative, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfigFnObject } from 'vitest/config';
import { testLimits } from './limits.ts';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const pureTests = '**/*.test.ts';
const integrationTests = '**/*.integration.test.ts';

/**
 * The vitest configuration that every project shares. `vitest --mode unit` runs the pure tests, `--mode integration`
 * those on real engines, one file after the other; without a mode both run. `npm test` runs all projects in one vitest
 * (workspace.ts). Time limits are those of limits.ts.
 */
export function projectTests(projectRoot: string): ViteUserConfigFnObject {
  return defineConfig(({ mode }) => {
    const pureOnly = mode === 'unit';
    const folder = relative(workspaceRoot, projectRoot);
    const limits = testLimits(pureOnly ? 'unit' : folder.startsWith('tests/') ? 'journey' : 'integration');
    return {
      root: projectRoot,
      // A cache of vite's own is of no use to code that needs no bundling.
      cacheDir: resolve(workspaceRoot, 'node_modules/.vite', folder),
      test: {
        name: folder,
        pool: 'forks',
        include: mode === 'integration' ? [integrationTests] : [pureTests],
        exclude: pureOnly ? [integrationTests, '**/node_modules/**'] : ['**/node_modules/**'],
        passWithNoTests: true,
        fileParallelism: pureOnly,
        testTimeout: limits.testMs,
        hookTimeout: limits.hookMs,
        expect: { poll: { timeout: limits.pollMs, interval: 50 } },
      },
    };
  });
}
