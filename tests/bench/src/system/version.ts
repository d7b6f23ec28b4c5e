import { CONTEXTS } from '@meridian/contracts';
import type { Projection } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import { migrationsFolder } from '@meridian/write-store';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What of a projection says where its projector reads, and how far it is. */
export type ReadBy = Pick<Projection, 'name' | 'version' | 'contexts'>;

/** A version of the code whose services are run. */
export interface RunVersion {
  /** The folder of its workspace; undefined for this one. */
  readonly workspace?: string;
  readonly projections: readonly ReadBy[];
  /** Whether it can run all projections in one process. */
  readonly hasOneProjector: boolean;
  /** The folder of its migrations of the write store. */
  readonly migrations: string;
}

/** This workspace. */
export const THIS_VERSION: RunVersion = {
  projections: PROJECTIONS,
  hasOneProjector: true,
  migrations: migrationsFolder,
};

/** What a workspace says of itself. Rejects when it has no read models where versions have them. */
export async function versionIn(workspace: string): Promise<RunVersion> {
  const file = path.join(workspace, 'libs/read-models/registry/src/read-models.ts');
  const { PROJECTIONS: found }: { readonly PROJECTIONS?: unknown } = await import(pathToFileURL(file).href);
  if (!Array.isArray(found) || !found.every(isReadBy))
    throw new Error(`${workspace} does not say which read models it has`);
  return {
    workspace,
    projections: found,
    hasOneProjector: existsSync(path.join(workspace, 'apps/projectors/all')),
    migrations: path.join(workspace, 'libs/write-store/migrations'),
  };
}

function isReadBy(value: unknown): value is ReadBy {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value && 'version' in value && 'contexts' in value)) return false;
  const known: readonly unknown[] = CONTEXTS;
  return (
    typeof value.name === 'string' &&
    typeof value.version === 'number' &&
    Array.isArray(value.contexts) &&
    value.contexts.every((context) => known.includes(context))
  );
}
