import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  debianRelease,
  mainArchive,
  privateAptConfiguration,
  runCommand,
  systemArchives,
} from '@meridian/engines';
import { workspaceRoot } from '../shell/workspace.ts';
import type { Builder } from './builder.ts';

const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** What Node needs, and what distroless gives it beside that. */
const PACKAGES = [
  'base-files',
  'netbase',
  'tzdata',
  'ca-certificates',
  'libc6',
  'libgcc-s1',
  'gcc-14-base',
  'libstdc++6',
  'libatomic1',
];
/** Conversions between character sets, pages and translations: Node brings its own and reads none of these. */
const LEFT_OUT = [
  'usr/lib/*/gconv',
  'usr/share/{man,locale,lintian,bug,gcc,info,base-files}',
  'usr/share/doc/*/!(copyright)',
];
const NODE = join(workspaceRoot, 'node_modules/node');
const USERS = [
  'root:x:0:0:root:/root:/sbin/nologin',
  'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
];

function nodeVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(NODE, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest ? String(Reflect.get(manifest, 'version')) : '';
}

/** The name of the local base: it changes with Node and with what this file puts into it. */
export function localBaseName(): string {
  const content = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 12);
  return `localhost/meridian/base:node-${nodeVersion()}-${SUITE}-${content}`;
}

/**
 * Makes a base image like distroless' from packages of Debian, which apt checks against the archive's signature, and the pinned
 * Node. Needs a Debian or Ubuntu with dpkg and tar, and root, since files in the image belong to root.
 */
export async function makeLocalBase(builder: Builder): Promise<string> {
  const name = localBaseName();
  if (builder.has(name)) return name;
  console.log('No registry of images can be reached: making a base from packages of Debian.');
  const folder = mkdtempSync(join(tmpdir(), 'meridian-base-'));
  try {
    const root = join(folder, 'root');
    mkdirSync(root);
    await unpackPackages(folder, root);
    addWhatPackagesMakeWhenInstalled(root);
    mkdirSync(join(root, 'nodejs/bin'), { recursive: true });
    copyFileSync(join(NODE, 'bin/node'), join(root, 'nodejs/bin/node'));
    chmodSync(join(root, 'nodejs/bin/node'), 0o755);
    await pack(root, join(folder, 'root.tar'));
    const dockerfile = join(workspaceRoot, 'deploy/images/base/Dockerfile');
    builder.build({ dockerfile, context: folder, tags: [name] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return name;
}

function archive(): string {
  const release = debianRelease();
  const uri = release?.family === 'debian' ? mainArchive(systemArchives(), release.codename) : undefined;
  if (uri === undefined)
    throw new Error('a base can be made on Debian only; elsewhere name one: npm run images -- --base IMAGE');
  return uri;
}

async function unpackPackages(folder: string, root: string): Promise<void> {
  const apt = join(folder, 'apt');
  const debs = join(folder, 'debs');
  for (const path of ['state/lists/partial', 'archives/partial', 'log'])
    mkdirSync(join(apt, path), { recursive: true });
  mkdirSync(debs);
  writeFileSync(join(apt, 'status'), '');
  writeFileSync(join(apt, 'sources.list'), `deb [signed-by=${KEYRING}] ${archive()} ${SUITE} main\n`);
  writeFileSync(join(apt, 'apt.conf'), privateAptConfiguration(apt));
  const env = { ...process.env, APT_CONFIG: join(apt, 'apt.conf'), LC_ALL: 'C' };
  await runCommand('apt-get', ['update', '-q'], { env });
  await runCommand('apt-get', ['download', '-q', ...PACKAGES], { env, cwd: debs });
  const status = join(root, 'var/lib/dpkg/status.d');
  for (const deb of globSync('*.deb', { cwd: debs }).sort()) {
    await runCommand('dpkg-deb', ['-x', join(debs, deb), root]);
    mkdirSync(status, { recursive: true });
    // Where scanners look for the packages of an image without dpkg.
    const [name = deb] = deb.split('_');
    writeFileSync(join(status, name), `${await runCommand('dpkg-deb', ['-f', join(debs, deb)])}\n`);
  }
  for (const path of globSync(LEFT_OUT, { cwd: root })) rmSync(join(root, path), { recursive: true });
}

/** What an installation does beside unpacking: the users, and all certificates in one file. */
function addWhatPackagesMakeWhenInstalled(root: string): void {
  writeFileSync(join(root, 'etc/passwd'), `${USERS.join('\n')}\n`);
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  const certificates = globSync('usr/share/ca-certificates/mozilla/*.crt', { cwd: root }).sort();
  const texts = certificates.map((path) => readFileSync(join(root, path), 'utf8').trim());
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), `${texts.join('\n')}\n`);
  mkdirSync(join(root, 'home/nonroot'), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
}

/** Packs the files, all of root's but the home of the user; the same files give the same bytes. */
async function pack(root: string, tar: string): Promise<void> {
  const same = ['--sort=name', '--mtime=@0', '--numeric-owner', '--directory', root];
  const home = 'home/nonroot';
  await runCommand('tar', [
    '--create',
    '--file',
    tar,
    ...same,
    '--owner=0',
    '--group=0',
    `--exclude=./${home}`,
    '.',
  ]);
  await runCommand('tar', [
    '--append',
    '--file',
    tar,
    ...same,
    '--owner=65532',
    '--group=65532',
    `./${home}`,
  ]);
}
