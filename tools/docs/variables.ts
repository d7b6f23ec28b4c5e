/** The page that documents every variable of every service. */
export const REFERENCE = 'docs/operations/reference.md';

const declared = /^\s*(MERIDIAN_[A-Z0-9_]+):/gm;
const named = /`(MERIDIAN_[A-Z0-9_]+)`/g;

/** The variables that a service's configuration declares and that the reference does not name, a line per variable. */
export function undocumentedVariables(path: string, source: string, reference: string): string[] {
  const documented = new Set([...reference.matchAll(named)].map(([, name]) => name));
  return [...source.matchAll(declared)].flatMap(([, name = '']) =>
    documented.has(name) ? [] : [`${path}: ${name} is not in ${REFERENCE}`],
  );
}
