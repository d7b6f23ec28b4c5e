import { Enums, Models } from '@cyclonedx/cyclonedx-library';
import { componentOf, serialized } from '../images/bill-of-materials.ts';
import type { LockedPackage } from './locked-packages.ts';

/** What a bill of materials of the workspace is about. */
export interface WorkspaceBill {
  readonly name: string;
  readonly version: string;
  /** Packages of others, as the lockfile pins them. */
  readonly packages: readonly LockedPackage[];
  readonly scope: Enums.ComponentScope;
}

const ALGORITHMS: Readonly<Record<string, Enums.HashAlgorithm>> = {
  sha1: Enums.HashAlgorithm['SHA-1'],
  sha256: Enums.HashAlgorithm['SHA-256'],
  sha384: Enums.HashAlgorithm['SHA-384'],
  sha512: Enums.HashAlgorithm['SHA-512'],
};

/** The digests of an `integrity` of npm, as CycloneDX writes them: in hexadecimal. */
function hashesOf(integrity: string | undefined): Models.HashDictionary {
  const hashes = new Models.HashDictionary();
  for (const one of integrity?.split(' ') ?? []) {
    const [algorithm = '', base64 = ''] = one.split(/-(.*)/s);
    const known = ALGORITHMS[algorithm];
    if (known !== undefined) hashes.set(known, Buffer.from(base64, 'base64').toString('hex'));
  }
  return hashes;
}

/** One component for each name and version, with what it needs among the others. The same lockfile gives the same bytes. */
export function workspaceBill({ name, version, packages, scope }: WorkspaceBill): string {
  const components = new Map<string, Models.Component>();
  const byFolder = new Map<string, Models.Component>();
  for (const one of packages) {
    const made = componentOf({ ...one, licence: one.licence ?? 'NONE' });
    const key = made.purl ?? one.folder;
    const component = components.get(key) ?? made;
    component.scope = scope;
    component.hashes = hashesOf(one.integrity);
    components.set(key, component);
    byFolder.set(one.folder, component);
  }
  for (const { folder, needs } of packages)
    for (const need of needs) {
      const ref = byFolder.get(need)?.bomRef;
      if (ref) byFolder.get(folder)?.dependencies.add(ref);
    }
  const all = [...components.values()];
  const component = new Models.Component(Enums.ComponentType.Application, name, {
    bomRef: name,
    version,
    dependencies: new Models.BomRefRepository(all.map(({ bomRef }) => bomRef)),
  });
  return serialized(component, all);
}
