import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { outputOf } from '../shell/run.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import { copyDeclarations } from './declarations.ts';
import { dependenciesFor } from './dependencies.ts';

const LIBRARY = join(workspaceRoot, 'libs/client');
const DECLARATIONS = join(workspaceRoot, 'dist/types/libs');
/** The oldest Node that the client runs on: it has AbortSignal.any. */
const OLDEST_NODE = '20.3';

/** The client as one JavaScript file without the workspace: its libraries are in it, packages of others stay imports. */
export async function compileClient(file: string): Promise<readonly string[]> {
  const bundler = await rolldown({
    cwd: workspaceRoot,
    input: join(LIBRARY, 'src/index.ts'),
    platform: 'node',
    external: (id) => /^[^./]/.test(id) && !id.startsWith('@meridian/'),
    // Of other packages only what is used stays: the server's half of gRPC goes.
    treeshake: { moduleSideEffects: 'no-external' },
    transform: { target: `node${OLDEST_NODE}` },
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(`libs/client cannot be compiled: ${message}`);
    },
  });
  try {
    const { output } = await bundler.write({ file, format: 'esm', codeSplitting: false });
    // What the bundler names as imports includes those that it has left out.
    return [...output[0].code.matchAll(/^import [^"]*"([^"]+)";$/gm)].flatMap(([, name]) => name ?? []);
  } finally {
    await bundler.close();
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest ? String(Reflect.get(manifest, 'version')) : '';
}

function manifestOf(dependencies: Readonly<Record<string, string>>): object {
  return {
    name: '@meridian/client',
    version: version(),
    description:
      'The typed client of Meridian: deadlines, safe retries, and answers that include what was written.',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: `>=${OLDEST_NODE}` },
    main: './dist/index.js',
    types: './types/client/index.d.ts',
    exports: { '.': { types: './types/client/index.d.ts', default: './dist/index.js' } },
    files: ['dist', 'types'],
    dependencies,
  };
}

/**
 * Makes the package that is published of libs/client in a folder, which is emptied first: compiled JavaScript, types, README and
 * licence. Nothing in it refers to the workspace. The compiler is run for the types.
 */
export async function makeClientPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  outputOf('tsc', ['--build', 'libs/client']);
  const imports = await compileClient(join(folder, 'dist/index.js'));
  const types = copyDeclarations(DECLARATIONS, 'client', join(folder, 'types'));
  const dependencies = {
    ...dependenciesFor([...imports, ...types.imports]),
    // The declarations speak of Buffer and of AbortSignal.
    '@types/node': '>=20',
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(dependencies), null, 2)}\n`);
  copyFileSync(join(LIBRARY, 'README.md'), join(folder, 'README.md'));
  if (existsSync(join(workspaceRoot, 'LICENSE')))
    copyFileSync(join(workspaceRoot, 'LICENSE'), join(folder, 'LICENSE'));
}

/** Packs a folder as npm does for publishing, and answers the path of the file. */
export function packed(folder: string, into: string): string {
  mkdirSync(into, { recursive: true });
  const [name] = outputOf('npm', ['pack', folder, '--pack-destination', into, '--loglevel=error'])
    .split('\n')
    .slice(-1);
  return join(into, name ?? '');
}
