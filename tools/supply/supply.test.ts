import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { allowedScripts, scriptProblems } from './install-scripts.ts';
import { licenceProblems } from './licences.ts';
import { lockedPackages } from './locked-packages.ts';
import { supplyOfWorkspace } from './read-workspace.ts';
import { readAudit } from './vulnerabilities.ts';
import { workspaceBill } from './workspace-bill.ts';

const faulty = lockedPackages(
  JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/faulty-lockfile.json'), 'utf8')),
);
const names = (packages: readonly { readonly name: string }[]) => packages.map(({ name }) => name);

describe('the lockfile', () => {
  it('tells what programs hold, through links, from what only builds and tests', () => {
    expect(names(faulty.production)).toEqual(['left', 'sold']);
    expect(names(faulty.development)).toEqual(['sold', 'nested', 'nameless', 'odd', 'runs', 'weak-copyleft']);
  });

  it('of this workspace names every package that a program imports', () => {
    const { production, development } = supplyOfWorkspace().packages;
    expect(names(production)).toEqual(
      expect.arrayContaining(['@grpc/grpc-js', 'cassandra-driver', 'jose', 'kafkajs', 'mysql2']),
    );
    expect(names(development)).toEqual(expect.arrayContaining(['eslint', 'fast-check', 'vitest']));
    expect(names(production)).not.toContain('vitest');
  });

  it('is refused when it is no lockfile of npm 7', () => {
    expect(() => lockedPackages({ dependencies: {} })).toThrow('no packages');
  });
});

describe('licences', () => {
  it('are refused when unknown, missing, no expression, or not allowed for the use', () => {
    expect(licenceProblems(faulty)).toEqual([
      expect.stringContaining('sold 1.0.0: the licence MPL-2.0 is not on the list'),
      'nameless 1.0.0: package-lock.json names no licence',
      'odd 1.0.0: the licence "SEE LICENSE IN odd.txt" is no SPDX expression',
    ]);
  });
});

describe('install scripts', () => {
  it('are refused unless package.json names them, and so is a name without a script', () => {
    expect(scriptProblems(faulty, { runs: false })).toEqual([]);
    expect(scriptProblems(faulty, { gone: true })).toEqual([
      expect.stringContaining('runs 1.0.0 has an install script'),
      'allowScripts of package.json names gone, which has no install script',
    ]);
  });

  it('are allowed by true or false only', () => {
    expect(allowedScripts({ allowScripts: { runs: true } })).toEqual({ runs: true });
    expect(() => allowedScripts({ allowScripts: { runs: 'yes' } })).toThrow('allowScripts.runs');
    expect(() => allowedScripts({})).toThrow('no allowScripts');
  });
});

describe('the bill of materials', () => {
  const bill = (): string =>
    workspaceBill({
      name: 'faulty',
      version: '1.0.0',
      packages: faulty.production,
      scope: Enums.ComponentScope.Required,
    });

  it('names each package with its digest, and what the package needs', () => {
    expect(JSON.parse(bill())).toMatchObject({
      bomFormat: 'CycloneDX',
      components: [
        {
          name: 'left',
          purl: 'pkg:npm/left@1.0.0',
          hashes: [{ alg: 'SHA-512', content: Buffer.from([...Array(64).keys()]).toString('hex') }],
        },
        { name: 'sold', version: '1.0.0' },
      ],
      dependencies: expect.arrayContaining([
        { ref: 'pkg:npm/sold@1.0.0', dependsOn: ['pkg:npm/left@1.0.0'] },
      ]),
    });
  });

  it('is the same for the same lockfile', () => {
    expect(bill()).toBe(bill());
  });
});

describe('the answer of the registry', () => {
  it('names each vulnerable package', () => {
    const report = { vulnerabilities: { left: { severity: 'high', range: '<1.0.1' } } };
    expect(readAudit(JSON.stringify(report))).toEqual({ kind: 'answered', found: ['left <1.0.1: high'] });
    expect(readAudit('{"vulnerabilities":{}}')).toEqual({ kind: 'answered', found: [] });
  });

  it('counts as none when it is an error or nothing at all', () => {
    expect(readAudit('{"message":"405 Method Not Allowed - POST somewhere"}')).toEqual({
      kind: 'unreachable',
      why: '405 Method Not Allowed',
    });
    expect(readAudit('')).toMatchObject({ kind: 'unreachable' });
  });
});
