import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';
import { allowedScripts, scriptProblems } from './install-scripts.ts';
import { licenceProblems } from './licences.ts';
import { lockedPackages, type LockedPackages } from './locked-packages.ts';

/** What the workspace's manifest and lockfile say, and what is wrong with them. */
export interface SupplyOfWorkspace {
  readonly version: string;
  readonly packages: LockedPackages;
  readonly problems: readonly string[];
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));

function versionOf(manifest: unknown): string {
  const version: unknown =
    typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version');
  if (typeof version !== 'string') throw new Error('package.json has no version');
  return version;
}

/** Reads package.json and package-lock.json and checks licences and install scripts. Asks nobody else. */
export function supplyOfWorkspace(): SupplyOfWorkspace {
  const packages = lockedPackages(read('package-lock.json'));
  const manifest = read('package.json');
  const allowed = allowedScripts(manifest);
  return {
    version: versionOf(manifest),
    packages,
    problems: [...licenceProblems(packages), ...scriptProblems(packages, allowed)],
  };
}
