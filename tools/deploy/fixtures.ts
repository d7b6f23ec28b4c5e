import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { at as valueAt, entriesOf, titleOf, toManifest, type Build } from './model/manifest.ts';

const change = z.strictObject({
  /** `Kind/name`, without the hash that the name of a ConfigMap ends with; undefined: a resource is added. */
  resource: z.string().optional(),
  /** Where, as keys from the resource on; none: the resource as a whole. */
  at: z.array(z.union([z.string(), z.number()])).default([]),
  /** What is put there; undefined: what is there is removed. */
  to: z.unknown().optional(),
});
const fixture = z.strictObject({
  /** What is wrong with it. */
  wrong: z.string(),
  /** Of which deployment it is made: open, closed by the component `closed`, closed and by Helm, or of closed engines. */
  of: z.enum(['open', 'closed', 'helm', 'engines']).default('open'),
  /** Text that the rule's answer has. */
  says: z.string(),
  changes: z.array(change).min(1),
});

/** A deployment that must fail: a good one, but for some changes. */
export type Fixture = z.output<typeof fixture>;

/** The fixtures of a rule, from its file, one document each. Throws when there is none. */
export function fixturesOf(rule: string): Fixture[] {
  const path = join(import.meta.dirname, 'fixtures', `${rule}.yaml`);
  const found = parseAllDocuments(readFileSync(path, 'utf8')).map((one) => fixture.parse(one.toJS()));
  if (found.length === 0) throw new Error(`${path} has no manifest that must fail`);
  return found;
}

/** The build with the changes in it. Throws when a change finds nothing to change. */
export function applied(good: Build, { wrong, changes }: Fixture): Build {
  let manifests = [...good.manifests];
  for (const { resource, at, to } of changes) {
    if (resource === undefined) {
      manifests.push(toManifest(to));
      continue;
    }
    const index = manifests.findIndex(
      (one) => titleOf(one).replace(/-[a-z0-9]{10}$/, '') === resource || titleOf(one) === resource,
    );
    const found = manifests[index];
    if (!found) throw new Error(`${wrong}: there is no ${resource}`);
    if (at.length > 0) manifests[index] = toManifest(changed(found, at, to, wrong));
    else if (to === undefined) manifests = manifests.filter((one) => one !== found);
    else manifests[index] = toManifest(to);
  }
  return { name: wrong, manifests };
}

/** A copy with something else at a path, or with nothing there. Throws where the path leads nowhere. */
function changed(value: unknown, path: readonly (string | number)[], to: unknown, wrong: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  if (typeof value !== 'object' || value === null || (to === undefined && valueAt(value, key) === undefined))
    throw new Error(`${wrong}: there is nothing at ${path.join('.')}`);
  const put = rest.length === 0 ? to : changed(valueAt(value, key), rest, to, wrong);
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    const after = list.slice(Number(key) + 1);
    return [...list.slice(0, Number(key)), ...(put === undefined ? [] : [put]), ...after];
  }
  const others = entriesOf(value).filter(([name]) => name !== key);
  return Object.fromEntries(put === undefined ? others : [...others, [String(key), put]]);
}
