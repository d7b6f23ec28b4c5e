import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';

/** A fix of grpc-js may move what the client's libraries rely on, so only its patches are taken; of all others, minor versions too. */
const PATCHES_ONLY = new Set(['@grpc/grpc-js']);

/** The package that a module belongs to: `@grpc/grpc-js` of `@grpc/grpc-js/build/src/server.js`; undefined for Node's own. */
export function packageOf(module: string): string | undefined {
  if (module.startsWith('node:') || builtinModules.includes(module)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
}

function entriesOf(manifest: unknown, field: string): [string, string][] {
  const found: unknown = typeof manifest === 'object' && manifest ? Reflect.get(manifest, field) : undefined;
  return typeof found === 'object' && found
    ? Object.entries(found).map(([name, version]) => [name, String(version)])
    : [];
}

/** The versions of other packages that the libraries of the workspace name, which are exact. */
function versionsOfLibraries(): ReadonlyMap<string, string> {
  const manifests = globSync('libs/**/package.json', { cwd: workspaceRoot, exclude: ['**/node_modules'] });
  return new Map(
    manifests.flatMap((file) => {
      const manifest: unknown = JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));
      return entriesOf(manifest, 'dependencies').filter(([name]) => !name.startsWith('@meridian/'));
    }),
  );
}

/** The dependencies of a package that imports these modules, as ranges. Throws when one belongs to no library of the workspace. */
export function dependenciesFor(
  modules: Iterable<string>,
  versions = versionsOfLibraries(),
): Readonly<Record<string, string>> {
  const packages = new Set([...modules].flatMap((module) => packageOf(module) ?? []));
  const ranges = [...packages].sort().map((name): [string, string] => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`${name} is imported, and no library names a version of it`);
    return [name, `${PATCHES_ONLY.has(name) ? '~' : '^'}${version}`];
  });
  return Object.fromEntries(ranges);
}
