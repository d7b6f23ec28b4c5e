import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of others that a bundle holds. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** The text of its licence; empty when it comes without one. */
  readonly text: string;
}

const IN_PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//;

function isManifest(value: unknown): value is { name: string; version: string; license: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'version', 'license'].every((key) => typeof Reflect.get(value, key) === 'string')
  );
}

function packageIn(folder: string): BundledPackage {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!isManifest(manifest))
    throw new Error(`the package in ${folder} does not say its name, version and licence`);
  const { name, version, license: licence } = manifest;
  const [file] = globSync('{LICENSE,LICENCE,License,license,LICENSE-MIT}{,.md,.txt}', { cwd: folder }).sort();
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return { name, version, licence, text };
}

/** The packages that these files of a bundle come from, by name and version; files of the workspace itself count for none. */
export function packagesOf(files: readonly string[]): readonly BundledPackage[] {
  const folders = files.flatMap((file) => IN_PACKAGE.exec(file)?.[1] ?? []);
  const packages = [...new Set(folders)].map(packageIn);
  const byName = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The licences of packages, as one text: a list first, then each text. */
export function licenceList(packages: readonly BundledPackage[]): string {
  const list = packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = packages.flatMap(({ name, version, text }) =>
    text === '' ? [] : [`---- ${name} ${version} ----`, '', text, ''],
  );
  return ['This program holds the following packages.', '', ...list, '', ...texts, ''].join('\n');
}
