import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig, type ConfigEnv, type ViteUserConfig } from 'vitest/config';
import { FoldersWithLongTestsFirst } from './order.ts';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const projectConfigs = ['{libs,dev,apps,tests}/**/vitest.config.ts', 'tools/*/vitest.config.ts'];

/** Many pure tests wait, for time to pass or for a process. With one file per core, a quarter of the cores was idle. */
const UNIT_FILES_PER_CORE = 2;

/** These tests wait for the engines of the run more than they compute. All of them share these engines, however many cores there are. */
const FILES_ON_SHARED_ENGINES = 4;

/** Folders whose tests start engines or whole systems of their own. Two such files keep two cores busy, and more would wait for each other. */
const WITH_OWN_ENGINES = ['tests/', 'dev/engines'];
const FILES_WITH_OWN_ENGINES = 2;

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

/** Which projects run together, and how many of their files at once. Vitest runs one group after the other. */
function groupOf({ test }: ViteUserConfig, { mode }: ConfigEnv) {
  if (mode === 'unit') return { maxWorkers: UNIT_FILES_PER_CORE * availableParallelism() };
  const folder = typeof test?.name === 'string' ? test.name : '';
  return WITH_OWN_ENGINES.some((prefix) => folder.startsWith(prefix))
    ? { maxWorkers: FILES_WITH_OWN_ENGINES, sequence: { groupOrder: 0 } }
    : { maxWorkers: FILES_ON_SHARED_ENGINES, sequence: { groupOrder: 1 } };
}

/** All projects in one vitest, for `npm test`. A JSON report of all goes to dist/test-reports/<mode>.json. */
export default defineConfig(async (env) => {
  const projects = (await projectsFor(env)).map((project) => ({
    ...project,
    test: { ...project.test, fileParallelism: true, ...groupOf(project, env) },
  }));
  return {
    root: workspaceRoot,
    cacheDir: resolve(workspaceRoot, 'node_modules/.vite/workspace'),
    test: {
      projects,
      fileParallelism: true,
      sequence: { sequencer: FoldersWithLongTestsFirst },
      reporters: ['default', 'json'],
      outputFile: { json: resolve(workspaceRoot, 'dist/test-reports', `${env.mode}.json`) },
    },
  };
});
