import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const texts = z.record(z.string(), z.string()).default({});
const shape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: texts,
    annotations: texts,
  }),
});

/** A resource as it is given to the API server. */
export type Manifest = z.output<typeof shape>;

/** What one overlay makes with some components. */
export interface Build {
  /** Overlay and components, in words. */
  readonly name: string;
  readonly manifests: readonly Manifest[];
}

/** Reads resources from YAML. Throws what is wrong with the first that is none. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    const value: unknown = document.toJS();
    return value === null ? [] : [shape.parse(value)];
  });
}

/** A resource that was made of another one by a change. */
export function toManifest(value: unknown): Manifest {
  return shape.parse(value);
}

/** `Kind/name`. */
export function titleOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

export function ofKind(build: Build, ...kinds: readonly string[]): Manifest[] {
  return build.manifests.filter(({ kind }) => kinds.includes(kind));
}

/** What a manifest holds at a path; undefined where it holds nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((from, key) => {
    if (typeof from !== 'object' || from === null) return undefined;
    return Object.getOwnPropertyDescriptor(from, key)?.value;
  }, value);
}

/** The pairs of an object; none where there is no object. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** The keys of an object at a path; none where there is no object. */
export function keysAt(value: unknown, ...path: readonly (string | number)[]): readonly string[] {
  return entriesOf(at(value, ...path)).map(([key]) => key);
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The pairs of an object at a path whose values are texts. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): Record<string, string> {
  const found = at(value, ...path);
  if (typeof found !== 'object' || found === null) return {};
  const pairs = Object.entries(found).map(([key, one]): [string, unknown] => [key, one]);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

/** Whether labels are chosen by pairs that must all be there; no pairs choose everything. */
export function chosenBy(
  pairs: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(pairs).every(([key, value]) => labels[key] === value);
}

/** Every text in a value, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((one: unknown) => textsIn(one));
}
