import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toManifest } from './model/manifest.ts';
import { readSchemas } from './schemas.ts';

const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
const own = join(folder, 'definitions.json');
const custom = join(folder, 'custom.yaml');
writeFileSync(own, '{"$defs":{}}');
writeFileSync(
  custom,
  `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  names: { kind: Widget }
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              properties:
                size: { type: integer, format: int32 }
                name: { type: string, pattern: '(?i)^a$' }
                port: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                open: { type: object, x-kubernetes-preserve-unknown-fields: true }
                choice:
                  type: object
                  properties: { a: { type: string }, b: { type: string } }
                  oneOf: [{ required: [a] }, { required: [b] }]
`,
);

describe('the schema of a custom resource', () => {
  const schemas = readSchemas(own, [custom]);
  const problems = (spec: object): readonly string[] =>
    schemas.check(
      toManifest({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, spec }),
    );
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes what it describes', () => {
    expect(problems({ size: 1, name: 'A', port: 'http', open: { any: 1 }, choice: { a: 'x' } })).toEqual([]);
  });

  it.each<[string, object]>([
    ['an unknown field', { sise: 1 }],
    ['an unknown field of a choice', { choice: { a: 'x', c: 'y' } }],
    ['two of a choice', { choice: { a: 'x', b: 'y' } }],
    ['a number that is too large', { size: 2 ** 32 }],
    ['a number that is a text', { size: '1' }],
  ])('refuses %s', (_what, spec) => {
    expect(problems(spec)).not.toEqual([]);
  });

  it('is asked for of every kind', () => {
    const other = toManifest({ apiVersion: 'example.com/v1', kind: 'Other', metadata: { name: 'a' } });
    expect(schemas.check(other)).toEqual(['Other/a is of a kind without a schema: example.com/v1 Other']);
  });
});
