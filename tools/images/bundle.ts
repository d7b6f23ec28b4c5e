import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { rolldown, type OutputChunk } from 'rolldown';
import { workspaceRoot } from '../shell/workspace.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { filesBeside } from './files-beside.ts';
import { licenceList, packagesOf, type BundledPackage } from './packages.ts';
import type { Part } from './parts.ts';

/** What a bundle is made of. */
export interface Bundle {
  readonly folder: string;
  readonly packages: readonly BundledPackage[];
}

/** Of the drivers, what they look for and do without: none of them is a dependency of this workspace. */
const OPTIONAL = ['kerberos'];

async function versionOfWorkspace(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(workspaceRoot, 'package.json'), 'utf8'));
  const version: unknown =
    typeof manifest === 'object' && manifest ? Reflect.get(manifest, 'version') : undefined;
  if (typeof version !== 'string') throw new Error('package.json names no version');
  return version;
}

/**
 * Bundles a program with all it imports into a folder, which is emptied first. The folder then has:
 *
 * - `main.js`, which Node runs from any folder, with nothing installed
 * - the files that the program reads (`files/`)
 * - its bill of materials (`sbom.cdx.json`)
 * - the licences of others (`LICENSES.txt`)
 *
 * Throws on anything that the bundler could not resolve.
 */
export async function bundle(part: Pick<Part, 'name' | 'main'>, folder: string): Promise<Bundle> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const chunk = await bundled(part.main, folder);
  const files = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0);
  const packages = packagesOf(files.map(([id]) => id).filter(isAbsolute));
  const version = await versionOfWorkspace();
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  await writeFile(
    join(folder, 'sbom.cdx.json'),
    billOfMaterials({ name: `meridian-${part.name}`, version, packages }),
  );
  await writeFile(join(folder, 'LICENSES.txt'), licenceList(packages));
  return { folder, packages };
}

async function bundled(main: string, folder: string): Promise<OutputChunk> {
  const problems: string[] = [];
  const bundler = await rolldown({
    cwd: workspaceRoot,
    input: main,
    platform: 'node',
    external: OPTIONAL,
    plugins: [filesBeside(folder)],
    onLog: (level, { message }) => {
      if (level === 'warn') problems.push(message);
    },
  });
  try {
    const { output } = await bundler.write({
      file: join(folder, 'main.js'),
      format: 'esm',
      codeSplitting: false,
      // Names stay, so that a stack trace says where an error was.
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    });
    if (problems.length > 0) throw new Error(`${main} cannot be bundled:\n${problems.join('\n')}`);
    return output[0];
  } finally {
    await bundler.close();
  }
}
