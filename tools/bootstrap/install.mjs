// Runs on Node 20 with nothing installed: plain JavaScript, Node's own modules only.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const pinnedNode = join(workspaceRoot, 'node_modules/node/bin/node');

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(join(workspaceRoot, lockfile), 'utf8')).packages;
}

const isSame = (wanted, present) =>
  wanted.link === true
    ? present.link === true
    : wanted.version === present.version && wanted.integrity === present.integrity;

/** Why the installed packages are not those of package-lock.json, or undefined when they are. */
export function reasonToInstall() {
  if (!existsSync(join(workspaceRoot, 'node_modules/.package-lock.json'))) return 'nothing is installed yet';
  // npm writes this file last, so it tells of a finished installation only.
  const present = packagesOf('node_modules/.package-lock.json');
  const wanted = Object.entries(packagesOf('package-lock.json')).filter(([path]) =>
    path.startsWith('node_modules/'),
  );
  const missing = wanted.find(([path, one]) => {
    const other = present[path];
    // What is optional was left out for another platform.
    return other === undefined ? one.optional !== true : !isSame(one, other);
  });
  return missing === undefined ? undefined : `package-lock.json has changed (${missing[0]})`;
}

/** The PATH without this workspace's own binaries: `npm ci` removes them while it runs. */
function pathOutside() {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return entries
    .filter((entry) => !resolve(entry).startsWith(join(workspaceRoot, 'node_modules')))
    .join(delimiter);
}

function fail(lines) {
  console.error(['', ...lines, ''].join('\n'));
  process.exit(1);
}

function install(reason) {
  console.error(`Installing packages: ${reason}. This takes about a minute the first time.`);
  const env = { ...process.env, PATH: pathOutside() };
  const options = { cwd: workspaceRoot, env, stdio: ['ignore', process.stderr, process.stderr] };
  // `npm ci` begins by removing everything; what runs already (a stack, a test) must not lose its packages to an update.
  const installed = existsSync(join(workspaceRoot, 'node_modules/.package-lock.json'));
  const command = installed ? ['install', '--no-save'] : ['ci'];
  const args = [...command, '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, options);
  if (error !== undefined)
    fail([`npm could not be started: ${error.message}`, 'Install Node 20 or newer with its npm.']);
  if (status !== 0)
    fail([`npm ${command[0]} failed; what it said stands above. Once that is mended, run this again.`]);
}

/** Installs the packages when they are missing or others than package-lock.json names; ends the process if it cannot. */
export function ensureInstalled() {
  const reason = reasonToInstall();
  if (reason !== undefined) install(reason);
}

/** The path of a Node that runs this workspace (24 or newer); ends the process, saying what to do, when there is none. */
export function nodeForWorkspace() {
  if (existsSync(pinnedNode)) return pinnedNode;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail([
    'The package `node` holds no binary: its install script did not run.',
    'Meridian needs Node 24. Either allow that script and fetch it:',
    '    npm config get ignore-scripts      (must print false)',
    '    npm rebuild node',
    'or install Node 24 yourself and run this again with it.',
  ]);
}
