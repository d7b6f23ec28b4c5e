import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../engine-types.ts';
import { findProgram } from '../find-program.ts';
import type { MissingRequirement } from '../errors.ts';
import { runCommand } from '../run-command.ts';
import type { PackageSource } from './mysql-packages.ts';
import { debianRelease, mainArchive, systemArchives } from './system-archive.ts';
import { isAtLeast, mysqlVersion } from './version.ts';

const packagesFile = z.object({
  oldestVersion: z.string(),
  suites: z.record(z.string(), z.object({ suite: z.string(), keyring: z.string() })),
  packages: z.array(z.string()),
  image: z.string(),
});

/** Where a MySQL server comes from on this machine. */
export type MysqlChoice =
  | { readonly kind: 'program'; readonly path: string; readonly version: string }
  | { readonly kind: 'packages'; readonly source: PackageSource }
  | { readonly kind: 'docker'; readonly docker: string; readonly image: string };

/**
 * Chooses, in this order: a `mysqld` on PATH that is new enough, packages of Debian or Ubuntu in a private folder, a
 * container. When none is possible, answers what is missing for the nearest choice.
 */
export async function chooseMysql(
  templates: string,
  environment: Environment,
): Promise<MysqlChoice | readonly MissingRequirement[]> {
  const wanted = packagesFile.parse(JSON.parse(readFileSync(join(templates, 'mysql/packages.json'), 'utf8')));
  const path = findProgram('mysqld', environment);
  const printed = path === undefined ? '' : await runCommand(path, ['--version']).catch(() => '');
  const version = mysqlVersion(printed);
  if (path !== undefined && version !== undefined && isAtLeast(version, wanted.oldestVersion)) {
    return { kind: 'program', path, version };
  }
  const release = debianRelease();
  const suite = release === undefined ? undefined : wanted.suites[release.family];
  const missing: MissingRequirement[] = [];
  if (release !== undefined && suite !== undefined) {
    const uri = mainArchive(systemArchives(), release.codename);
    missing.push(...packageTools(environment, uri, suite.keyring, release.family));
    if (missing.length === 0 && uri !== undefined)
      return { kind: 'packages', source: { ...wanted, ...suite, uri } };
  } else {
    missing.push(mysqlItself(wanted.oldestVersion));
  }
  const docker = findProgram('docker', environment);
  const dockerAnswers =
    docker !== undefined && (await runCommand(docker, ['info']).catch(() => undefined)) !== undefined;
  return dockerAnswers ? { kind: 'docker', docker, image: wanted.image } : missing;
}

const mysqlItself = (oldestVersion: string): MissingRequirement => ({
  what: `MySQL ${oldestVersion} or newer`,
  howToGet:
    'install it so that mysqld is on PATH, start a Docker engine, or name a server in MERIDIAN_MYSQL_URL',
});

function packageTools(
  environment: Environment,
  uri: string | undefined,
  keyring: string,
  family: string,
): MissingRequirement[] {
  const missing: MissingRequirement[] = ['apt-get', 'apt-cache', 'dpkg-deb']
    .filter((name) => findProgram(name, environment) === undefined)
    .map((name) => ({
      what: `${name} (to fetch MySQL)`,
      howToGet:
        'part of every Debian and Ubuntu: put /usr/bin on PATH, or name a server in MERIDIAN_MYSQL_URL',
    }));
  if (!existsSync(keyring)) {
    missing.push({
      what: `${keyring} (to check MySQL)`,
      howToGet: `apt-get install ${family}-archive-keyring`,
    });
  }
  if (uri === undefined) {
    missing.push({
      what: 'the address of the main archive (to fetch MySQL)',
      howToGet: `add ${family}'s own archive, component main, to /etc/apt/sources.list.d`,
    });
  }
  return missing;
}

/**
 * The command line of the `mysqld` in an unpacked folder, run by the loader and the libraries from the same packages.
 */
export function unpackedMysqld(root: string): { command: string; args: string[] } {
  const libraries = readdirSync(join(root, 'usr/lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
    .map((entry) => join(root, 'usr/lib', entry.name));
  const loader = libraries
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .find((path) => /\/ld-linux[^/]*\.so\.\d+$/.test(path));
  if (loader === undefined) throw new Error(`No loader (ld-linux) under ${root}`);
  const searched = [...libraries, join(root, 'usr/lib/mysql/private')].join(':');
  return {
    command: loader,
    args: ['--library-path', searched, join(root, 'usr/sbin/mysqld')],
  };
}
