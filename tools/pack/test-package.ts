import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@meridian/engines';
import { killStack, startStack, type RunningStack } from '@meridian/local-stack';
import { createChecks, need, type Checks } from '../shell/checks.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import { usualMode } from '../test/engines.ts';

const NODES = ['20', '22', '24'];
const PROGRAM = join(workspaceRoot, 'tools/pack/user/place-order.ts');
const STACK = join(workspaceRoot, '.meridian/pack-stack');

/** The Node of a version, as npm publishes it for this machine: without an install script. */
const nodePackage = (version: string) =>
  `node${version}@npm:node-${process.platform}-${process.arch}@${version}`;

async function npm(folder: string, args: readonly string[]): Promise<void> {
  await runCommand('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
}

/** An empty folder of a user who knows TypeScript, and has nothing of this workspace. */
function userFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-client-user-'));
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['place-order.ts'] }),
  );
  copyFileSync(PROGRAM, join(folder, 'place-order.ts'));
  return folder;
}

/** Files of the installed package that name something of the workspace. */
function leftoversIn(folder: string): readonly string[] {
  const own = join(folder, 'node_modules/@meridian/client');
  const files = readdirSync(own, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const leftover =
    /(?:from|import)\s*\(?\s*['"](?:@meridian\/(?!client)|[^'"]*\.ts['"])|['"](?:workspace|file):/;
  return files
    .filter(({ name }) => /\.(js|d\.ts|json)$/.test(name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => leftover.test(readFileSync(file, 'utf8')));
}

/**
 * Installs the packed client in an empty folder, and type-checks a user's program against it. Then it runs the program
 * on every supported Node. The program places an order on a stack of this run's own. Prints `N passed, N failed`.
 */
export async function testPackage(tarball: string, stop: AbortSignal): Promise<boolean> {
  const checks = createChecks();
  const folder = userFolder();
  try {
    const isThere = await checks.check('the package installs in an empty folder', () =>
      npm(folder, ['install', tarball]),
    );
    if (!isThere) return checks.sum();
    await checks.check('the package names nothing of the workspace', () => {
      const leftovers = leftoversIn(folder);
      need(leftovers.length === 0, leftovers.join(', '));
    });
    await checks.check('the package has types, documentation and a licence', () => {
      const files = readdirSync(join(folder, 'node_modules/@meridian/client'));
      const missing = ['dist', 'types', 'README.md', 'LICENSE'].filter((name) => !files.includes(name));
      need(missing.length === 0, `it lacks ${missing.join(', ')}`);
    });
    const tsc = join(workspaceRoot, 'node_modules/typescript/bin/tsc');
    const compiles = await checks.check(
      'a program of a user type-checks, and the types of all that it imports do',
      async () => {
        await runCommand(process.execPath, [tsc, '--project', folder], { cwd: folder });
      },
    );
    if (compiles) await runOnEveryNode(folder, checks, stop);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return checks.sum();
}

async function runOnEveryNode(folder: string, checks: Checks, stop: AbortSignal): Promise<void> {
  const nodes = mkdtempSync(join(tmpdir(), 'meridian-nodes-'));
  mkdirSync(STACK, { recursive: true });
  try {
    writeFileSync(join(nodes, 'package.json'), '{ "private": true }\n');
    await npm(nodes, ['install', '--ignore-scripts', ...NODES.map(nodePackage)]);
    console.log('\nStarting a stack to place orders on.\n');
    const stack = await startStack({ folder: STACK, engines: usualMode(process.env), signal: stop });
    for (const version of NODES) {
      const node = join(nodes, 'node_modules', `node${version}`, 'bin/node');
      await checks.check(`an order is placed, and read in both regions, by Node ${version}`, () =>
        placeOrder(node, folder, stack, version),
      );
    }
  } finally {
    await killStack(STACK);
    rmSync(STACK, { recursive: true, force: true });
    rmSync(nodes, { recursive: true, force: true });
  }
}

async function placeOrder(node: string, folder: string, stack: RunningStack, version: string): Promise<void> {
  const { command, query } = stack.addresses;
  const [home = '', other = home] = stack.regions.map((region) => query[region] ?? '');
  const args = [join(folder, 'out/place-order.js'), command, home, other, `pack-${process.pid}-${version}`];
  const printed = await runCommand(node, args, { cwd: folder, env: {} });
  const said: unknown = JSON.parse(printed);
  const text = JSON.stringify(said);
  need(printed.includes(`"node":"${version}.`), `it ran on another Node: ${text}`);
  need(printed.includes('"totals":["500","500"]'), `the regions answer otherwise: ${text}`);
  need(printed.includes('"refusal":"INSUFFICIENT_STOCK"'), `the second order was not refused: ${text}`);
}
