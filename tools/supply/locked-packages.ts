import { dirname, posix } from 'node:path';

/** A package as package-lock.json names it: one of others, or one of this workspace. */
export interface LockedPackage {
  /** Where npm puts the package, such as `node_modules/long`; unique. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined when the lockfile names none. */
  readonly licence: string | undefined;
  /** The digest that npm checks, as in `sha512-…`; undefined for a package of this workspace. */
  readonly integrity: string | undefined;
  readonly hasInstallScript: boolean;
  /** Whether the package is one of this workspace. */
  readonly own: boolean;
  /** The folders of the packages that this package needs when it runs. */
  readonly needs: readonly string[];
}

/** All packages of a lockfile, and which of them programs of Meridian hold. */
export interface LockedPackages {
  readonly all: readonly LockedPackage[];
  /** Packages of others that a program of apps/ or the published client can reach. */
  readonly production: readonly LockedPackage[];
  /** All other packages of others: what builds, checks and tests. */
  readonly development: readonly LockedPackage[];
}

type Entry = Readonly<Record<string, unknown>>;

const SHIPPED = /^(?:apps\/|libs\/client$)/;
const NEEDED = ['dependencies', 'optionalDependencies', 'peerDependencies'];

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null;
const textIn = (entry: Entry, key: string): string | undefined => {
  const value = entry[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

function entriesOf(lockfile: unknown): ReadonlyMap<string, Entry> {
  const packages = isEntry(lockfile) ? lockfile['packages'] : undefined;
  if (!isEntry(packages)) throw new Error('package-lock.json has no packages: npm 7 or newer writes them');
  return new Map(Object.entries(packages).filter((pair): pair is [string, Entry] => isEntry(pair[1])));
}

/** The folder in which Node finds `name` when a file of `folder` imports it; links are followed. */
function resolvedFrom(entries: ReadonlyMap<string, Entry>, folder: string, name: string): string | undefined {
  for (let from = folder; ; from = dirname(from)) {
    const candidate = posix.join(from === '.' ? '' : from, 'node_modules', name);
    const entry = entries.get(candidate);
    if (entry) return entry['link'] === true ? textIn(entry, 'resolved') : candidate;
    if (from === '' || from === '.') return undefined;
  }
}

function packageOf(entries: ReadonlyMap<string, Entry>, folder: string, entry: Entry): LockedPackage {
  const names = NEEDED.flatMap((key) => {
    const wanted = entry[key];
    return isEntry(wanted) ? Object.keys(wanted) : [];
  });
  const needs = names.flatMap((name) => resolvedFrom(entries, folder, name) ?? []);
  return {
    folder,
    name: textIn(entry, 'name') ?? folder.replace(/^.*node_modules\//, ''),
    version: textIn(entry, 'version') ?? '',
    licence: textIn(entry, 'license'),
    integrity: textIn(entry, 'integrity'),
    hasInstallScript: entry['hasInstallScript'] === true,
    own: !folder.includes('node_modules/'),
    needs: [...new Set(needs)].sort(),
  };
}

function reachable(byFolder: ReadonlyMap<string, LockedPackage>): ReadonlySet<string> {
  const reached = new Set<string>();
  const left = [...byFolder.keys()].filter((folder) => SHIPPED.test(folder));
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    if (reached.has(folder)) continue;
    reached.add(folder);
    left.push(...(byFolder.get(folder)?.needs ?? []));
  }
  return reached;
}

/**
 * Reads a parsed package-lock.json of version 3. The flag `dev` of npm is not used: for npm every package of the
 * workspace is wanted in production, the tests included.
 */
export function lockedPackages(lockfile: unknown): LockedPackages {
  const entries = entriesOf(lockfile);
  const all = [...entries]
    .filter(([folder, entry]) => folder !== '' && entry['link'] !== true)
    .map(([folder, entry]) => packageOf(entries, folder, entry));
  const reached = reachable(new Map(all.map((one) => [one.folder, one])));
  const others = all.filter(({ own }) => !own);
  return {
    all,
    production: others.filter(({ folder }) => reached.has(folder)),
    development: others.filter(({ folder }) => !reached.has(folder)),
  };
}
