import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileClient } from './client-package.ts';
import { copyDeclarations } from './declarations.ts';
import { dependenciesFor, packageOf } from './dependencies.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-pack-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the compiled client', () => {
  it('imports no package of the workspace and nothing of a server, and each import has a version', async () => {
    const file = join(folder, 'index.js');
    const imports = await compileClient(file);
    expect(imports).toContain('nice-grpc');
    expect(imports.filter((name) => name.startsWith('@meridian/') || name.startsWith('.'))).toEqual([]);
    expect(imports).not.toContain('nice-grpc-server-health');
    expect(dependenciesFor(imports)).toMatchObject({ '@grpc/grpc-js': '~1.14.7', 'nice-grpc': '^2.1.18' });
    // Node 20 lacks it.
    expect(readFileSync(file, 'utf8')).not.toContain('withResolvers');
  });
});

describe('copyDeclarations', () => {
  it('takes what the entry reaches, of every library, and refers to it by path', () => {
    const files = {
      'client/index.d.ts': "export * from './call.ts';\nexport type { Money } from '@meridian/contracts';\n",
      'client/call.d.ts': "import type { Client } from 'nice-grpc';\nexport declare const call: Client;\n",
      'client/unused.d.ts': 'export {};\n',
      'contracts/index.d.ts': "export declare const one: import('./generated/money.ts').Money;\n",
      'contracts/generated/money.d.ts':
        "import { Kernel } from '@meridian/kernel';\nexport type Money = Kernel;\n",
      'kernel/index.d.ts': 'export type Kernel = bigint;\n',
    };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'from', file)), { recursive: true });
      writeFileSync(join(folder, 'from', file), text);
    }
    const { imports } = copyDeclarations(join(folder, 'from'), 'client', join(folder, 'to'));
    expect([...imports]).toEqual(['nice-grpc']);
    const copied = (file: string) => readFileSync(join(folder, 'to', file), 'utf8');
    expect(copied('client/index.d.ts')).toContain("from './call.js'");
    expect(copied('client/index.d.ts')).toContain("from '../contracts/index.js'");
    expect(copied('contracts/index.d.ts')).toContain("import('./generated/money.js')");
    expect(copied('contracts/generated/money.d.ts')).toContain("from '../../kernel/index.js'");
    expect(() => copied('client/unused.d.ts')).toThrow();
  });
});

describe('dependenciesFor', () => {
  it('names a package once, whatever is imported of it, and nothing of Node', () => {
    const versions = new Map([
      ['@grpc/grpc-js', '1.2.3'],
      ['zod', '4.0.0'],
    ]);
    expect(
      dependenciesFor(['zod', 'zod/v4', 'node:net', 'http2', '@grpc/grpc-js/build/x.js'], versions),
    ).toEqual({
      '@grpc/grpc-js': '~1.2.3',
      zod: '^4.0.0',
    });
    expect(packageOf('node:fs')).toBeUndefined();
  });

  it('refuses a package that no library names', () => {
    expect(() => dependenciesFor(['left-pad'], new Map())).toThrow(/left-pad is imported/);
  });
});
