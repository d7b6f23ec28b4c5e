import parseExpression, { type Info } from 'spdx-expression-parse';
import type { LockedPackage, LockedPackages } from './locked-packages.ts';

/** Licences that a program may hold: they ask for a notice only, and images carry all notices. */
export const ALLOWED_IN_PRODUCTION: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
];

/** Licences of tools, beside those above. Nothing under these licences is passed on. */
export const ALLOWED_IN_DEVELOPMENT: readonly string[] = [
  ...ALLOWED_IN_PRODUCTION,
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'MPL-2.0',
  'Python-2.0',
];

/** Whether a licence can be kept with these: `AND` needs both sides, `OR` needs one, an exception only adds rights. */
function holds(licence: Info, allowed: readonly string[]): boolean {
  if ('conjunction' in licence) {
    const { left, right, conjunction } = licence;
    return conjunction === 'and'
      ? holds(left, allowed) && holds(right, allowed)
      : holds(left, allowed) || holds(right, allowed);
  }
  return allowed.includes(licence.license);
}

function problemOf({ name, version, licence }: LockedPackage, allowed: readonly string[]): string[] {
  const problem = (why: string): string[] => [`${name} ${version}: ${why}`];
  if (licence === undefined) return problem('package-lock.json names no licence');
  try {
    return holds(parseExpression(licence), allowed)
      ? []
      : problem(`the licence ${licence} is not on the list of tools/supply/licences.ts`);
  } catch {
    return problem(`the licence "${licence}" is no SPDX expression`);
  }
}

/** One line for each package whose licence is unknown, or is not on the list for its use. */
export function licenceProblems({ production, development }: LockedPackages): readonly string[] {
  return [
    ...production.flatMap((one) => problemOf(one, ALLOWED_IN_PRODUCTION)),
    ...development.flatMap((one) => problemOf(one, ALLOWED_IN_DEVELOPMENT)),
  ];
}

/** How many packages stand under each licence, the most frequent first. */
export function licenceCounts(packages: readonly LockedPackage[]): readonly [string, number][] {
  const counts = new Map<string, number>();
  for (const { licence = 'none' } of packages) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
