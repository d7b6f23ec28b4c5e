import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { OnProgress } from '../engine-types.ts';
import { runCommand } from '../run-command.ts';
import { cachedFolder } from './cached-folder.ts';
import { isAtLeast } from './version.ts';

const fetchedPackages = z.object({
  suite: z.string(),
  package: z.string(),
  version: z.string(),
  /** SHA-256 by file name. */
  files: z.record(z.string(), z.string()),
});
export type FetchedPackages = z.infer<typeof fetchedPackages>;

export interface PackageSource {
  readonly uri: string;
  readonly suite: string;
  readonly keyring: string;
  /** Names under which the server may be packaged; the newest package is used. */
  readonly packages: readonly string[];
  readonly oldestVersion: string;
}

export interface MysqlPackages {
  readonly source: PackageSource;
  readonly cache: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/** Settings that keep apt inside `folder`, so that apt neither reads nor changes the machine's installed packages. */
export function privateAptConfiguration(folder: string): string {
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'Dir::Log': join(folder, 'log'),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} "${value}";\n`)
    .join('');
}

/**
 * The total size of the files in the output of `apt-get install --print-uris`: lines of address, name, size and
 * checksum.
 */
export function totalBytes(printedUris: string): number {
  const sizes = printedUris.split('\n').map((line) => /^'[^']+' \S+ (\d+)/.exec(line)?.[1]);
  return sizes.reduce((sum, size) => sum + Number(size ?? 0), 0);
}

/** The newest of the packages that `apt-cache show` describes, and its version without Debian's epoch. */
export function newestPackage(shown: string): { name: string; version: string } | undefined {
  const found = shown.split(/\n\s*\n/).flatMap((paragraph) => {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
    const version = /^Version: (?:\d+:)?(.+)$/m.exec(paragraph)?.[1];
    return name === undefined || version === undefined ? [] : [{ name, version }];
  });
  return found.reduce<{ name: string; version: string } | undefined>(
    (best, next) => (best === undefined || !isAtLeast(best.version, next.version) ? next : best),
    undefined,
  );
}

/** The differences between two fetches, in words, one per line; none when the fetches are the same. */
export function packageDifferences(before: FetchedPackages, now: FetchedPackages): string[] {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort();
  return names.flatMap((name) => {
    const [old, fresh] = [before.files[name], now.files[name]];
    if (old === fresh) return [];
    if (old === undefined) return [`${name} is new`];
    return [fresh === undefined ? `${name} is no longer there` : `${name} has another content than before`];
  });
}

/**
 * A private folder with MySQL and everything it needs, from the packages of a Debian or Ubuntu archive. The program
 * apt checks the packages against the archive's signature. Nothing is installed. The packages and their checksums stay
 * in the cache. When a fetch brings other files than the last fetch, a notice names these files.
 */
export async function mysqlPackages({ source, cache, onProgress, signal }: MysqlPackages): Promise<string> {
  const report = (step: 'download' | 'unpack' | 'notice', message: string, done?: number, total?: number) => {
    const unit = step === 'unpack' ? 'files' : 'bytes';
    onProgress({ engine: 'mysql', step, message, ...(done === undefined ? {} : { done, total, unit }) });
  };
  const fill = async (folder: string) => {
    const apt = await prepareApt(folder, source, signal);
    report('download', `mysql: reading the list of packages of ${source.suite}`);
    await apt('apt-get', ['update', '-q']);
    const wanted = newestPackage(
      await apt('apt-cache', ['show', '--no-all-versions', ...source.packages], true),
    );
    if (wanted === undefined || !isAtLeast(wanted.version, source.oldestVersion)) {
      throw new Error(`${source.uri} ${source.suite} has no MySQL ${source.oldestVersion} or newer`);
    }
    const total = totalBytes(await apt('apt-get', ['install', '-y', '-q', '--print-uris', wanted.name]));
    const archives = join(folder, 'archives');
    const watch = setInterval(() => {
      report('download', `mysql: packages of ${wanted.version}`, folderBytes(archives), total);
    }, 250);
    try {
      await apt('apt-get', ['install', '-y', '-q', '--download-only', wanted.name]);
    } finally {
      clearInterval(watch);
    }
    await unpack(
      folder,
      archives,
      (done, all) => {
        report('unpack', 'mysql: unpacking', done, all);
      },
      signal,
    );
    const fetched = record(archives, { suite: source.suite, package: wanted.name, version: wanted.version });
    const differences = compareWithLast(cache, fetched);
    if (differences.length > 0) {
      report('notice', `mysql: this fetch differs from the last one: ${differences.join('; ')}`);
    }
    writeFileSync(join(folder, 'packages.json'), `${JSON.stringify(fetched, null, 2)}\n`);
    // apt's lists of all packages: tens of megabytes that are never read again.
    for (const name of ['state', 'pkgcache.bin', 'srcpkgcache.bin']) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  };
  const onWait = () => {
    report('download', 'mysql: another start is downloading the packages; waiting for it');
  };
  return cachedFolder(join(cache, `mysql-${source.suite}`), fill, { onWait, signal });
}

/** The content of a folder that mysqlPackages made. */
export function readFetched(folder: string): FetchedPackages {
  return fetchedPackages.parse(JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8')));
}

async function prepareApt(folder: string, source: PackageSource, signal: AbortSignal | undefined) {
  for (const name of ['state/lists/partial', 'archives/partial', 'log']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'status'), '');
  const line = `deb [signed-by=${source.keyring}] ${source.uri} ${source.suite} main\n`;
  writeFileSync(join(folder, 'sources.list'), line);
  const configuration = join(folder, 'apt.conf');
  writeFileSync(configuration, privateAptConfiguration(folder));
  const env = { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  return async (command: string, args: readonly string[], mayLackSome = false): Promise<string> => {
    // apt-cache fails when one of several names is unknown, yet prints the others.
    let printed = '';
    const onLine = (text: string) => (printed += `${text}\n`);
    const running = runCommand(command, args, { env, signal, onLine });
    return mayLackSome ? running.catch(() => printed) : running;
  };
}

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    // A file may move out of `partial` between the two calls.
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function unpack(
  folder: string,
  archives: string,
  onFile: (done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const packages = debFiles(archives);
  for (const [index, name] of packages.entries()) {
    await runCommand('dpkg-deb', ['-x', join(archives, name), join(folder, 'root')], { signal });
    onFile(index + 1, packages.length);
  }
}

const debFiles = (archives: string): string[] =>
  readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .sort();

function record(archives: string, what: Omit<FetchedPackages, 'files'>): FetchedPackages {
  const checksum = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(archives, name)))
      .digest('hex');
  return { ...what, files: Object.fromEntries(debFiles(archives).map((name) => [name, checksum(name)])) };
}

/** The last fetch is remembered beside the folder, so that it outlives the folder. */
function compareWithLast(cache: string, fetched: FetchedPackages): string[] {
  const path = join(cache, `mysql-${fetched.suite}.last.json`);
  const before = existsSync(path) ? fetchedPackages.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
  writeFileSync(path, `${JSON.stringify(fetched, null, 2)}\n`);
  return before === undefined ? [] : packageDifferences(before, fetched);
}
