import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runCommand } from '@meridian/engines';
import { toolFolder } from './cache.ts';
import { PINS } from './pins.ts';

/** The program promtool: of PATH, else of Debian's package, which is fetched and unpacked and never installed. */
export async function promtoolProgram(): Promise<string> {
  const present = findProgram('promtool', process.env);
  if (present !== undefined) return present;
  if (findProgram('apt-get', process.env) === undefined)
    throw new Error(
      `there is neither promtool nor apt-get: put promtool ${PINS.promtool.oldest} or newer on PATH`,
    );
  const folder = await toolFolder('promtool', PINS.promtool, fetchPackage);
  return join(folder, 'promtool');
}

async function fetchPackage(folder: string): Promise<void> {
  const lists = join(folder, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  // The machine's own sources and keys, and nothing of its state.
  const settings = {
    'Dir::State::Lists': lists,
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await runCommand('apt-get', [...options, '-q', 'update']);
  await runCommand('apt-get', [...options, '-q', 'download', PINS.promtool.package], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get fetched no ${PINS.promtool.package}`);
  await runCommand('dpkg-deb', ['-x', join(folder, archive), join(folder, 'root')]);
  renameSync(join(folder, 'root/usr/bin/promtool'), join(folder, 'promtool'));
  for (const name of ['root', 'lists', 'cache', archive])
    rmSync(join(folder, name), { recursive: true, force: true });
}
