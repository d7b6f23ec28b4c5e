import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../find-program.ts';
import { cacheFolder } from '../folders.ts';
import { runCommand } from '../run-command.ts';
import { cachedFolder } from './cached-folder.ts';

/** Packages cannot be fetched here: there is no apt. */
export class NoPackagesError extends Error {
  override readonly name = 'NoPackagesError';
}

/**
 * A folder of the cache with the files of Debian or Ubuntu packages, for this machine's own release. They are fetched
 * once, and apt checks them against the archive's signature. Nothing is installed: name the packages that a package
 * needs, too. Rejects with NoPackagesError where there is no apt, and with CommandFailedError when a package cannot be
 * fetched.
 */
export async function unpackedPackages(packages: readonly string[]): Promise<string> {
  if (findProgram('apt-get', process.env) === undefined)
    throw new NoPackagesError(`there is no apt-get to fetch ${packages.join(', ')} with`);
  const checksum = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const name = `${packages[0] ?? 'nothing'}-${checksum}`;
  return cachedFolder(join(cacheFolder(process.env), 'packages', name), (folder) => fetch(packages, folder));
}

async function fetch(packages: readonly string[], folder: string): Promise<void> {
  const own = join(folder, '.apt');
  const lists = join(own, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(own, 'archives/partial'), { recursive: true });
  // The machine's own sources and keys, and nothing of its state.
  const settings = {
    'Dir::State::Lists': lists,
    'Dir::Cache': own,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await runCommand('apt-get', [...options, '-q', 'update']);
  await runCommand('apt-get', [...options, '-q', 'download', ...packages], { cwd: own });
  for (const archive of readdirSync(own).filter((name) => name.endsWith('.deb')))
    await runCommand('dpkg-deb', ['-x', join(own, archive), folder]);
  rmSync(own, { recursive: true, force: true });
}
