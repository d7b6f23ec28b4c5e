import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { z } from 'zod';
import {
  at,
  entriesOf,
  keysAt,
  parseManifests,
  listAt,
  textAt,
  titleOf,
  type Manifest,
} from './model/manifest.ts';
import { WITHOUT_SCHEMA } from './toolchain/pins.ts';

/** Says what is wrong with a resource by the schema of its kind. */
export interface Schemas {
  /** How many kinds have one. */
  readonly kinds: number;
  check(manifest: Manifest): readonly string[];
  /** Kinds that were asked for and have no schema anywhere, with the reason. */
  unchecked(): readonly string[];
}

type Check = (value: unknown) => readonly string[];
/** Where Kubernetes' file of definitions is referred to. */
const DEFINITIONS = '/api/_definitions.json';

const definitionsFile = z.looseObject({ $defs: z.record(z.string(), z.looseObject({})) });
const kindOf = z.looseObject({ group: z.string(), version: z.string(), kind: z.string() });

/** Reads the schemas of Kubernetes' own kinds and those of definitions of custom resources. */
export function readSchemas(kubernetes: string, customResources: readonly string[]): Schemas {
  const checks = new Map<string, () => Check>([
    ...ownKinds(kubernetes),
    ...customResources.flatMap(customKinds),
  ]);
  const compiled = new Map<string, Check>();
  const known = new Map<string, readonly string[]>();
  const without = new Set<string>();
  return {
    kinds: checks.size,
    check(manifest) {
      const kind = `${manifest.apiVersion} ${manifest.kind}`;
      const make = checks.get(kind);
      if (!make) {
        if (WITHOUT_SCHEMA[kind] === undefined)
          return [`${titleOf(manifest)} is of a kind without a schema: ${kind}`];
        without.add(kind);
        return [];
      }
      const text = JSON.stringify(manifest);
      const found = known.get(text);
      if (found) return found;
      const check = compiled.get(kind) ?? make();
      compiled.set(kind, check);
      const problems = check(withoutEmpty(manifest)).map((problem) => `${titleOf(manifest)} ${problem}`);
      known.set(text, problems);
      return problems;
    },
    unchecked: () => [...without].map((kind) => `${kind}: ${WITHOUT_SCHEMA[kind] ?? ''}`),
  };
}

/** Labels and annotations that the reader of manifests adds where there are none. */
function withoutEmpty(manifest: Manifest): unknown {
  const { metadata, ...rest } = manifest;
  const kept = Object.entries(metadata).filter(
    ([, value]) => typeof value !== 'object' || keysAt(value).length > 0,
  );
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function validator(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    // Schemas of Kubernetes name formats and keywords of OpenAPI.
    strict: false,
    validateSchema: false,
    logger: false,
    // Formats are told here; of others, such as byte, nothing is checked.
    validateFormats: true,
    unicodeRegExp: false,
  });
  ajv.addFormat('int32', {
    type: 'number',
    validate: (value: number) => Number.isInteger(value) && Math.abs(value) <= 2 ** 31,
  });
  ajv.addFormat('int64', { type: 'number', validate: (value: number) => Number.isInteger(value) });
  return ajv;
}

function problemsOf(validate: ValidateFunction): Check {
  return (value) => {
    if (validate(value) === true) return [];
    const told = (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const unknown: unknown = at(params, 'additionalProperty');
      const extra = typeof unknown === 'string' ? ` (${unknown})` : '';
      return `${instancePath || 'as a whole'} ${message ?? 'is wrong'}${extra}`;
    });
    return [...new Set(told)];
  };
}

function ownKinds(path: string): [string, () => Check][] {
  const { $defs } = definitionsFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const ajv = validator();
  ajv.addSchema({ $defs }, DEFINITIONS);
  return Object.entries($defs).flatMap(([name, schema]) =>
    listAt(schema, 'x-kubernetes-group-version-kind').map((one): [string, () => Check] => {
      const { group, version, kind } = kindOf.parse(one);
      const apiVersion = group === '' ? version : `${group}/${version}`;
      return [
        `${apiVersion} ${kind}`,
        () => problemsOf(ajv.compile({ $ref: `${DEFINITIONS}#/$defs/${name}` })),
      ];
    }),
  );
}

function customKinds(path: string): [string, () => Check][] {
  const definitions = parseManifests(readFileSync(path, 'utf8')).filter(
    ({ kind }) => kind === 'CustomResourceDefinition',
  );
  return definitions.flatMap((definition) =>
    listAt(definition, 'spec', 'versions').map((version): [string, () => Check] => {
      const group = textAt(definition, 'spec', 'group') ?? '';
      const kind = textAt(definition, 'spec', 'names', 'kind') ?? '';
      const schema = strictDefinition(at(version, 'schema', 'openAPIV3Schema'));
      return [
        `${group}/${textAt(version, 'name') ?? ''} ${kind}`,
        () => {
          const ajv = validator();
          return problemsOf(ajv.compile(schema));
        },
      ];
    }),
  );
}

function isPattern(value: unknown): boolean {
  try {
    return new RegExp(String(value)).source !== '';
  } catch {
    return false;
  }
}

/** Parts of a schema that only narrow what its other parts describe. */
const NARROWING = ['allOf', 'anyOf', 'oneOf', 'not'];

/** The schema of a whole resource, whose apiVersion, kind and metadata are known and checked elsewhere. */
function strictDefinition(schema: unknown): object {
  const properties = Object.fromEntries(entriesOf(at(schema, 'properties')));
  const whole = { ...properties, apiVersion: {}, kind: {}, metadata: {} };
  return {
    type: 'object',
    required: at(schema, 'required') ?? [],
    properties: strictAll(whole),
    additionalProperties: false,
  };
}

function strictAll(properties: object): object {
  return Object.fromEntries(entriesOf(properties).map(([name, one]) => [name, strict(one)]));
}

/** A structural schema under which unknown fields are wrong: the API server would drop them without a word. */
function strict(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key]) => !key.startsWith('x-kubernetes') && key !== 'default',
  );
  const made = Object.fromEntries(
    entries.map(([key, value]): [string, unknown] => {
      if (NARROWING.includes(key)) return [key, value];
      // A pattern of Go's that JavaScript does not know, such as (?i), is not checked.
      if (key === 'pattern' && !isPattern(value)) return [key, ''];
      if (key === 'properties')
        return [key, Object.fromEntries(entriesOf(value).map(([name, one]) => [name, strict(one)]))];
      return [key, key === 'items' || key === 'additionalProperties' ? strict(value) : value];
    }),
  );
  if (at(schema, 'x-kubernetes-int-or-string') === true) delete made['type'];
  const isOpen = at(schema, 'x-kubernetes-preserve-unknown-fields') === true;
  if (isOpen || made['properties'] === undefined || made['additionalProperties'] !== undefined) return made;
  return { ...made, additionalProperties: false };
}
