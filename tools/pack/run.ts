// `npm run pack`: makes the package of libs/client that is published, as a file in dist/pack. `-- --test` then installs and uses it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf } from '../shell/arguments.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import { makeClientPackage, packed } from './client-package.ts';
import { testPackage } from './test-package.ts';

const { values } = argumentsOf({ options: { test: { type: 'boolean', default: false } } });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

const into = join(workspaceRoot, 'dist/pack');
try {
  rmSync(into, { recursive: true, force: true });
  await makeClientPackage(join(into, 'client'));
  const tarball = packed(join(into, 'client'), into);
  console.log(`packed ${tarball}`);
  if (values.test) process.exitCode = (await testPackage(tarball, stop.signal)) ? 0 : 1;
} catch (error) {
  console.error(`npm run pack: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
