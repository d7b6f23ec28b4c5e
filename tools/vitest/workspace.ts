import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig, type ConfigEnv, type ViteUserConfig } from 'vitest/config';
import { FoldersWithLongTestsFirst } from './order.ts';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const projectConfigs = ['{libs,dev,apps,tests}/**/vitest.config.ts', 'tools/*/vitest.config.ts'];

/** Integration tests wait for engines more than they compute: two files at once keep two cores busy, and more would wait for each other. */
const INTEGRATION_FILES_AT_ONCE = 2;

/** Many pure tests wait, for time to pass or for a process. With one file per core, a quarter of the cores was idle. */
const UNIT_FILES_PER_CORE = 2;

interface ProjectConfigModule {
  readonly default: (env: ConfigEnv) => ViteUserConfig | Promise<ViteUserConfig>;
}

function isProjectConfig(value: unknown): value is ProjectConfigModule {
  return (
    typeof value === 'object' && value !== null && 'default' in value && typeof value.default === 'function'
  );
}

/** What the `vitest.config.ts` of every project says for a mode. */
async function projectsFor(env: ConfigEnv): Promise<ViteUserConfig[]> {
  const files = globSync(projectConfigs, { cwd: workspaceRoot, exclude: ['**/node_modules'] });
  const loaded = files.sort().map(async (file) => {
    const config: unknown = await import(resolve(workspaceRoot, file));
    if (!isProjectConfig(config)) throw new Error(`${file} exports no configuration`);
    return config.default(env);
  });
  return Promise.all(loaded);
}

/** All projects in one vitest, for `npm test`. A JSON report of all goes to dist/test-reports/<mode>.json. */
export default defineConfig(async (env) => {
  const maxWorkers =
    env.mode === 'unit' ? UNIT_FILES_PER_CORE * availableParallelism() : INTEGRATION_FILES_AT_ONCE;
  const together = { fileParallelism: true, maxWorkers };
  const projects = (await projectsFor(env)).map((project) => ({
    ...project,
    test: { ...project.test, ...together },
  }));
  return {
    root: workspaceRoot,
    cacheDir: resolve(workspaceRoot, 'node_modules/.vite/workspace'),
    test: {
      projects,
      ...together,
      sequence: { sequencer: FoldersWithLongTestsFirst },
      reporters: ['default', 'json'],
      outputFile: { json: resolve(workspaceRoot, 'dist/test-reports', `${env.mode}.json`) },
    },
  };
});
