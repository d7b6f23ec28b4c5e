import type { LockedPackages } from './locked-packages.ts';

/** What package.json says of each package that has an install script: whether npm may run the script. */
export type AllowedScripts = Readonly<Record<string, boolean>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Reads `allowScripts` of a parsed package.json. Throws when it is no object of booleans. */
export function allowedScripts(manifest: unknown): AllowedScripts {
  const list = isObject(manifest) ? manifest['allowScripts'] : undefined;
  if (!isObject(list)) throw new Error('package.json has no allowScripts: it names every install script');
  const pairs = Object.entries(list).map(([name, allowed]) => {
    if (typeof allowed !== 'boolean') throw new Error(`allowScripts.${name} has to be true or false`);
    return [name, allowed] as const;
  });
  return Object.fromEntries(pairs);
}

/** One line for each package with an install script that nobody has judged, and for each name without a script. */
export function scriptProblems({ all }: LockedPackages, allowed: AllowedScripts): readonly string[] {
  const withScript = all.filter(({ hasInstallScript }) => hasInstallScript);
  const unknown = withScript
    .filter(({ name }) => allowed[name] === undefined)
    .map(
      ({ name, version }) =>
        `${name} ${version} has an install script. Read the script, then name it in allowScripts of package.json`,
    );
  const stale = Object.keys(allowed)
    .filter((name) => !withScript.some((one) => one.name === name))
    .map((name) => `allowScripts of package.json names ${name}, which has no install script`);
  return [...unknown, ...stale];
}
