import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from '../shell/run.ts';

/** What is built from which Dockerfile. */
export interface Build {
  readonly dockerfile: string;
  /** The folder that COPY and ADD read. */
  readonly context: string;
  readonly tags: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
}

/** What an image says about itself. */
export interface ImageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A tool that builds images. */
export interface Builder {
  readonly name: string;
  build(build: Build): void;
  /** Whether an image is there; with `pull`, after trying to fetch it. */
  has(image: string, options?: { readonly pull: boolean }): boolean;
  /** Unpacks the files of an image into a new folder below `into`. */
  unpack(image: string, into: string): string;
  config(image: string): ImageConfig;
}

const PULL_TIMEOUT_MS = 30_000;

function works(command: string, args: readonly string[], timeoutMs?: number): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: timeoutMs }).status === 0;
}

const buildArgs = (args: Build['args'] = {}): string[] =>
  Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);

const tagArgs = (tags: readonly string[]): string[] => tags.flatMap((tag) => ['--tag', tag]);

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Reads the `config` object of an OCI image. */
export function imageConfig(config: unknown): ImageConfig {
  const { User: user, Entrypoint, Env, Labels } = record(config);
  const labels = Object.entries(record(Labels)).map(([name, value]) => [name, String(value)] as const);
  return {
    user: typeof user === 'string' ? user : '',
    entrypoint: strings(Entrypoint),
    env: strings(Env),
    labels: Object.fromEntries(labels),
  };
}

function mkdirFor(image: string, into: string): string {
  const folder = join(into, image.replaceAll(/[^a-z0-9]+/g, '-'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** docker and podman, which take the same words. */
function dockerLike(command: 'docker' | 'podman'): Builder {
  return {
    name: command,
    build({ dockerfile, context, tags, args }) {
      run(command, ['build', '--file', dockerfile, ...buildArgs(args), ...tagArgs(tags), context]);
    },
    has: (image, { pull } = { pull: false }) =>
      works(command, ['image', 'inspect', image]) ||
      (pull && works(command, ['pull', '--quiet', image], PULL_TIMEOUT_MS)),
    unpack(image, into) {
      const folder = mkdirFor(image, into);
      const container = outputOf(command, ['create', image]);
      const tar = join(into, 'root.tar');
      outputOf(command, ['export', '--output', tar, container]);
      outputOf(command, ['rm', container]);
      outputOf('tar', ['--extract', '--numeric-owner', '--file', tar, '--directory', folder]);
      return folder;
    },
    config(image) {
      const found: unknown = JSON.parse(outputOf(command, ['image', 'inspect', image]));
      return imageConfig(record(Array.isArray(found) ? found[0] : undefined)['Config']);
    },
  };
}

/** buildah needs no daemon. As root in a container it works with these two settings where its own do not. */
function buildah(): Builder {
  const command = 'buildah';
  const storage = ['--storage-driver', process.env['STORAGE_DRIVER'] ?? 'vfs'];
  const isolation = ['--isolation', process.env['BUILDAH_ISOLATION'] ?? 'chroot'];
  return {
    name: command,
    build({ dockerfile, context, tags, args }) {
      const words = ['bud', ...isolation, '--quiet', '--format', 'oci', '--file', dockerfile];
      run(command, [...storage, ...words, ...buildArgs(args), ...tagArgs(tags), context]);
    },
    has: (image, { pull } = { pull: false }) =>
      works(command, [...storage, 'inspect', '--type', 'image', image]) ||
      (pull && works(command, [...storage, 'pull', '--quiet', image], PULL_TIMEOUT_MS)),
    unpack(image, into) {
      const folder = mkdirFor(image, into);
      const container = outputOf(command, [...storage, 'from', '--pull-never', image]);
      try {
        const mounted = outputOf(command, [...storage, 'mount', container]);
        outputOf('cp', ['--archive', `${mounted}/.`, folder]);
      } finally {
        outputOf(command, [...storage, 'rm', container]);
      }
      return folder;
    },
    config(image) {
      const found: unknown = JSON.parse(outputOf(command, [...storage, 'inspect', '--type', 'image', image]));
      return imageConfig(record(record(found)['OCIv1'])['config']);
    },
  };
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} failed`, { cause: error });
}

function installBuildah(): void {
  console.log('No container tool works here. Installing buildah from the system’s packages.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'buildah'],
  ])
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
}

/**
 * The first of docker, podman and buildah that works here. As root on a system with apt, buildah is installed when none does.
 * Throws an error that says what to do.
 */
export function findBuilder(): Builder {
  if (works('docker', ['info'], PULL_TIMEOUT_MS)) return dockerLike('docker');
  if (works('podman', ['info'], PULL_TIMEOUT_MS)) return dockerLike('podman');
  if (!works('buildah', ['--version']) && process.getuid?.() === 0 && works('apt-get', ['--version']))
    installBuildah();
  if (works('buildah', ['--version'])) return buildah();
  throw new Error('neither docker, podman nor buildah works here: start or install one of them');
}
