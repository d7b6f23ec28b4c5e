import { withEntry } from './insert.ts';
import type { Plan } from './plan.ts';

const VERSION = '0.1.0';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectIn(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error('a manifest is no JSON object');
  return value;
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const member = object[name];
  if (!isObject(member)) throw new Error(`a manifest has no ${name}`);
  return member;
}

const textOf = (value: JsonObject): string => `${JSON.stringify(value, undefined, 2)}\n`;

const dependingOn = (manifest: JsonObject, library: string): JsonObject => ({
  ...manifest,
  dependencies: withEntry(memberOf(manifest, 'dependencies'), library, VERSION),
});

/** A package.json that depends on a package of this workspace, too. */
export function withDependency(text: string, library: string): string {
  return textOf(dependingOn(objectIn(text), library));
}

/** A package-lock.json in which a workspace depends on a package of this workspace, too. */
export function withLockedDependency(text: string, folder: string, library: string): string {
  const lockfile = objectIn(text);
  const packages = memberOf(lockfile, 'packages');
  const changed = dependingOn(memberOf(packages, folder), library);
  return textOf({ ...lockfile, packages: { ...packages, [folder]: changed } });
}

/** Plans what npm needs to find a planned workspace: its place in the lockfile, and its link. */
export function addWorkspace(plan: Plan, folder: string): void {
  const manifest = objectIn(plan.read(`${folder}/package.json`));
  const { name } = manifest;
  if (typeof name !== 'string') throw new Error(`${folder} has no name`);
  const needed = Object.entries(memberOf(manifest, 'dependencies'));
  const dependencies = Object.fromEntries(needed.sort(([a], [b]) => a.localeCompare(b, 'en')));
  plan.edit('package-lock.json', (text) => {
    const lockfile = objectIn(text);
    const own = { name, version: VERSION, license: 'MIT', dependencies };
    const known = withEntry(memberOf(lockfile, 'packages'), folder, own);
    const packages = withEntry<unknown>(known, `node_modules/${name}`, { resolved: folder, link: true });
    return textOf({ ...lockfile, packages });
  });
  plan.link(name, folder);
}
