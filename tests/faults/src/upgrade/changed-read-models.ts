import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECTIONS } from '@meridian/read-models';
import type { CheckedOut } from '@meridian/testing/other-version';

/** The read models whose projections have another version in a workspace than here. */
export async function changedReadModels({ workspace }: CheckedOut): Promise<readonly string[]> {
  const file = path.join(workspace, 'libs/read-models/registry/src/read-models.ts');
  const { PROJECTIONS: there }: { readonly PROJECTIONS?: unknown } = await import(pathToFileURL(file).href);
  if (!Array.isArray(there)) throw new Error(`${workspace} does not say which read models it has`);
  return PROJECTIONS.filter(
    (own) =>
      !there.some((one) => hasNameAndVersion(one) && one.name === own.name && one.version === own.version),
  ).map(({ name }) => name);
}

function hasNameAndVersion(value: unknown): value is { readonly name: unknown; readonly version: unknown } {
  return typeof value === 'object' && value !== null && 'name' in value && 'version' in value;
}
