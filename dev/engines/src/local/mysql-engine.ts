import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PreparedEngine } from '../engine-state.ts';
import { EnginesAccessError, mysqlAccountsFile } from '../closed/closed-engines.ts';
import { runCommand } from '../run-command.ts';
import type { MysqlChoice } from '../sources/mysql-program.ts';
import { unpackedMysqld } from '../sources/mysql-program.ts';
import { mysqlPackages, readFetched } from '../sources/mysql-packages.ts';
import type { ClosedContext, PrepareContext } from './prepare-context.ts';
import { renderParts, type TemplateValues } from './render.ts';
import { engineMark } from './engine-process.ts';

interface Mysqld {
  readonly kind: 'mysqld';
  readonly command: string;
  readonly args: readonly string[];
  /** Options with the places of a moved server's files; they come after `--defaults-file`. */
  readonly places: readonly string[];
  readonly from: string;
}

// The longest path that a Unix socket can have, less a margin for the lock file's ending.
const socketPathBytes = 100;

/** What runs MySQL: a program, with the options to find its files, or a container. */
export type MysqlProgram = Mysqld | Container;
type Container = Extract<MysqlChoice, { kind: 'docker' }>;

/** Makes a chosen MySQL available, fetching its packages if no start has done so before. */
export async function findMysql(choice: MysqlChoice, context: PrepareContext): Promise<MysqlProgram> {
  if (choice.kind === 'docker') return choice;
  if (choice.kind === 'program') {
    return {
      kind: 'mysqld',
      command: choice.path,
      args: [],
      places: [],
      from: `${choice.path}, version ${choice.version}`,
    };
  }
  const folder = await mysqlPackages({ ...context, source: choice.source });
  const root = join(folder, 'root');
  const { version, suite } = readFetched(folder);
  const share = join(root, 'usr/share/mysql');
  return {
    kind: 'mysqld',
    ...unpackedMysqld(root),
    places: [
      `--basedir=${join(root, 'usr')}`,
      `--lc-messages-dir=${share}`,
      `--character-sets-dir=${join(share, 'charsets')}`,
      `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    ],
    from: `packages of ${suite}, version ${version}`,
  };
}

/**
 * Prepares MySQL for a launch on `port` of loopback: writes its configuration, and on first use creates its data (root
 * without a password). An interrupted creation leaves nothing that could be taken for data.
 */
export async function prepareMysql(
  mysqld: MysqlProgram,
  port: number,
  context: PrepareContext,
): Promise<PreparedEngine> {
  if (mysqld.kind === 'docker') {
    if (context.closed)
      throw new EnginesAccessError('MySQL in a container cannot be closed: install mysqld 8.4 or newer');
    return inContainer(mysqld, port, context);
  }
  const folder = join(context.dataFolder, 'mysql');
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  // A server refuses to run as root without this option; containers and CI often have no other user.
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const created = existsSync(data) ? undefined : mkdtempSync(join(folder, 'new-'));
  const closed = context.closed ? await closedValues(context.closed) : undefined;
  const render = (dataFolder: string) => {
    const places = { PORT: port, SOCKET: socketPath(folder), PID_FILE: join(folder, 'mysqld.pid') };
    return renderParts(context.templates, join(folder, 'my.cnf'), [
      ['mysql/my.cnf', { ...places, DATA_FOLDER: dataFolder }],
      // While the data is created, the server takes no connections, and knows no statement about accounts.
      ...(closed && dataFolder === data ? [['mysql/closed.cnf', closed] as const] : []),
    ]);
  };
  const commandLine = (configuration: string, ...more: string[]) => [
    ...mysqld.args,
    `--defaults-file=${configuration}`,
    ...mysqld.places,
    ...user,
    ...more,
  ];
  if (created !== undefined) {
    context.onProgress({ engine: 'mysql', step: 'start', message: 'mysql: creating its data' });
    const env = { ...process.env, ...engineMark(context.dataFolder, 'mysql') };
    const args = commandLine(render(created), '--initialize-insecure');
    await runCommand(mysqld.command, args, { env, signal: context.signal });
    renameSync(created, data);
  }
  for (const name of readdirSync(folder).filter((found) => found.startsWith('new-'))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  const args = commandLine(render(data));
  return {
    launch: { command: mysqld.command, args, cwd: folder, logFile: join(folder, 'mysql.log') },
    from: mysqld.from,
  };
}

async function closedValues({ secrets }: ClosedContext): Promise<TemplateValues> {
  const { certificateFile, keyFile } = await secrets.identity('mysql');
  return {
    AUTHORITY: secrets.authorityFile,
    CERTIFICATE: certificateFile,
    KEY: keyFile,
    ACCOUNTS: mysqlAccountsFile(secrets),
  };
}

function socketPath(folder: string): string {
  const path = join(folder, 'mysqld.sock');
  if (Buffer.byteLength(path) <= socketPathBytes) return path;
  return join(tmpdir(), `meridian-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
}

/**
 * The Docker client stays in the foreground and passes signals on, so a container is stopped like any other process.
 */
async function inContainer(
  { docker, image }: Container,
  port: number,
  { dataFolder, signal }: PrepareContext,
): Promise<PreparedEngine> {
  const folder = join(dataFolder, 'mysql');
  mkdirSync(folder, { recursive: true });
  const name = `meridian-mysql-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)}`;
  await runCommand(docker, ['rm', '--force', name], { signal }).catch(() => undefined);
  const run = [
    'run',
    '--rm',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:3306`,
    '--volume',
    `${name}:/var/lib/mysql`,
  ];
  const server = [
    '--env',
    'MYSQL_ALLOW_EMPTY_PASSWORD=yes',
    image,
    '--mysqlx=OFF',
    '--default-time-zone=+00:00',
  ];
  const sizes = ['--max_connections=500', '--max_allowed_packet=64M', '--innodb_buffer_pool_size=512M'];
  const args = [...run, ...server, ...sizes];
  return {
    launch: { command: docker, args, cwd: folder, logFile: join(folder, 'mysql.log'), inContainer: true },
    from: `a container of ${image}`,
  };
}
