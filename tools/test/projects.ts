import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';

export type TestMode = 'unit' | 'integration';

/** A project that has tests of a mode. `folder` is relative to the workspace's root. */
export interface TestedProject {
  readonly name: string;
  readonly folder: string;
  readonly isJourney: boolean;
  /** Its test files of that mode that were asked for, relative to the workspace's root. */
  readonly files: readonly string[];
}

const projectFiles = ['{libs,dev,apps,tests}/**/package.json', 'tools/*/project.json'];
const integrationSuffix = '.integration.test.ts';

interface Manifest {
  readonly name: string;
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

async function nameOf(file: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(workspaceRoot, file), 'utf8'));
  if (!isManifest(manifest)) throw new Error(`${file} names no project`);
  return manifest.name;
}

const isOfMode = (mode: TestMode) => (file: string) =>
  file.endsWith(integrationSuffix) === (mode === 'integration');

/**
 * Whether a file is one of those that were asked for, by its path from the root. `asked` has parts of paths,
 * such as a file or a folder.
 */
export function isAsked(file: string, asked: readonly string[]): boolean {
  return asked.length === 0 || asked.some((part) => file.includes(part));
}

/** The parts that no path of a test file of these projects contains. */
export function partsWithoutFile(parts: readonly string[], projects: readonly TestedProject[]): string[] {
  return parts.filter((part) => !projects.some(({ files }) => files.some((file) => isAsked(file, [part]))));
}

/**
 * The projects with tests of a mode, by folder; those under tests/ are journeys through the whole system. `asked` leaves only
 * those with a test file whose path contains one of these parts.
 */
export async function projectsWithTests(
  mode: TestMode,
  asked: readonly string[] = [],
): Promise<TestedProject[]> {
  const exclude = ['**/node_modules'];
  const manifests = globSync(projectFiles, { cwd: workspaceRoot, exclude });
  const described = manifests.sort().map(async (manifest) => {
    const folder = dirname(manifest);
    const files = globSync('**/*.test.ts', { cwd: join(workspaceRoot, folder), exclude })
      .filter(isOfMode(mode))
      .map((file) => join(folder, file))
      .filter((file) => isAsked(file, asked));
    return { name: await nameOf(manifest), folder, isJourney: folder.startsWith('tests/'), files };
  });
  return (await Promise.all(described)).filter(({ files }) => files.length > 0);
}
