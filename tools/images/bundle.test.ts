import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { bundle, type Bundle } from './bundle.ts';
import { imageParts, namedParts } from './parts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-bundles-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bundled(name: string): Promise<Bundle> {
  const [part] = namedParts([name]);
  if (part === undefined) throw new Error(`no program ${name}`);
  return bundle(part, join(folder, name));
}

/** Runs a bundle with Node alone: in a folder that is no workspace, with no variable but those given. */
async function run({ folder: where }: Bundle, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(where, 'main.js'), ...args], { cwd: where, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code]: unknown[] = await once(child, 'close');
  return { code, output };
}

describe('imageParts', () => {
  it('finds every program that a cluster runs', () => {
    const names = imageParts().map(({ name }) => name);
    const readModels = ['catalog', 'customers', 'inventory', 'orders', 'sales'];
    const projectors = readModels.map((name) => `projector-${name}`);
    expect(names).toEqual(['cli', 'command-service', ...projectors, 'query-service'].sort());
  });

  it('refuses a name that is none, and tells those that are', () => {
    expect(() => namedParts(['projector-nothing'])).toThrow(
      /projector-nothing; there are cli, command-service/,
    );
  });
});

describe('the bundle of the command line', () => {
  it('runs without the workspace', async () => {
    const cli = await bundled('cli');
    const { code, output } = await run(cli, ['--help'], { MERIDIAN_STACK_FOLDER: folder });
    expect(output).toContain('journal');
    expect(code).toBe(0);
  });
});

describe('the bundle of a service', () => {
  let service: Bundle;
  beforeAll(async () => {
    service = await bundled('command-service');
  });

  it('runs without the workspace, tells what is not set and exits with 78', async () => {
    const { code, output } = await run(service, []);
    expect(output).toContain('MERIDIAN_MYSQL_URL: is not set');
    expect(output).toContain('MERIDIAN_KAFKA_BROKERS: is not set');
    expect(code).toBe(78);
  });

  it('holds the migrations that its program reads from the disk', () => {
    for (const library of ['write-store', 'sealing']) {
      const own = readdirSync(join(workspaceRoot, 'libs', library, 'migrations'));
      expect(own.length).toBeGreaterThan(0);
      expect(readdirSync(join(service.folder, 'files', library, 'migrations'))).toEqual(own);
    }
    const main = readFileSync(join(service.folder, 'main.js'), 'utf8');
    expect(main).toMatch(/\.\/files\/write-store\/migrations/);
    expect(main).toMatch(/\.\/files\/sealing\/migrations/);
  });

  it('names what it is made of, with versions and licences, and nothing that only tests need', () => {
    const bill = readFileSync(join(service.folder, 'sbom.cdx.json'), 'utf8');
    expect(bill).toContain('"specVersion": "1.6"');
    expect(bill).toContain('"pkg:npm/kafkajs@2.2.4"');
    const licences = readFileSync(join(service.folder, 'LICENSES.txt'), 'utf8');
    expect(licences).toMatch(/^kafkajs 2\.2\.4: MIT$/m);
    expect(service.packages.every(({ licence }) => licence !== '')).toBe(true);
    const names = service.packages.map(({ name }) => name);
    expect(names).toContain('@grpc/grpc-js');
    expect(names).not.toContain('vitest');
  });
});
