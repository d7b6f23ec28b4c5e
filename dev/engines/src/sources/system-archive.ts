import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface ArchiveEntry {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** The entries of a one-line-style list (`deb [options] URI SUITE COMPONENT…`). */
export function parseOneLineList(text: string): ArchiveEntry[] {
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, '')
      .trim()
      .split(/\s+/);
    const [kind, uri, suite, ...components] = words;
    return kind === 'deb' && uri !== undefined && suite !== undefined
      ? [{ uri, suites: [suite], components }]
      : [];
  });
}

/** The entries of a deb822-style file (`Types:`, `URIs:`, `Suites:`, `Components:`; a paragraph each). */
export function parseDeb822(text: string): ArchiveEntry[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const field = (name: string): string[] => {
      const value = new RegExp(`^${name}:((?:.*\\n?)(?:[ \\t].*\\n?)*)`, 'im').exec(paragraph)?.[1] ?? '';
      return value
        .trim()
        .split(/\s+/)
        .filter((word) => word !== '');
    };
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
    return field('URIs').map((uri) => ({ uri, suites: field('Suites'), components: field('Components') }));
  });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** All archives that this machine's apt uses, in the order of its files. */
export function systemArchives(aptFolder = '/etc/apt'): ArchiveEntry[] {
  const parts = join(aptFolder, 'sources.list.d');
  let names: string[] = [];
  try {
    names = readdirSync(parts).sort();
  } catch {
    // Without the folder there are no further files.
  }
  return [
    ...parseOneLineList(readIfThere(join(aptFolder, 'sources.list'))),
    ...names
      .filter((name) => name.endsWith('.sources'))
      .flatMap((name) => parseDeb822(readIfThere(join(parts, name)))),
    ...names
      .filter((name) => name.endsWith('.list'))
      .flatMap((name) => parseOneLineList(readIfThere(join(parts, name)))),
  ];
}

/** The archive of the machine's own release: the entry whose suite is exactly the release's code name. */
export function mainArchive(archives: readonly ArchiveEntry[], codename: string): string | undefined {
  return archives.find(({ suites, components }) => suites.includes(codename) && components.includes('main'))
    ?.uri;
}

/**
 * Family and code name of this machine's system; undefined for systems without an apt archive that is known to have
 * MySQL.
 */
export function debianRelease(
  osRelease = readIfThere('/etc/os-release'),
): { family: 'debian' | 'ubuntu'; codename: string } | undefined {
  const value = (key: string) => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1];
  const ids = [value('ID'), ...(value('ID_LIKE') ?? '').split(' ')];
  const family = (['ubuntu', 'debian'] as const).find((name) => ids.includes(name));
  const codename =
    value(family === 'ubuntu' ? 'UBUNTU_CODENAME' : 'VERSION_CODENAME') ?? value('VERSION_CODENAME');
  return family === undefined || codename === undefined ? undefined : { family, codename };
}
