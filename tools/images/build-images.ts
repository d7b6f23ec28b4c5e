import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from '../shell/run.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import type { Builder } from './builder.ts';
import { bundle } from './bundle.ts';
import { makeLocalBase } from './local-base.ts';
import type { Part } from './parts.ts';

const DOCKERFILE = join(workspaceRoot, 'deploy/images/Dockerfile');
const BUNDLES = join(workspaceRoot, 'dist/images');

/** An image that was built. */
export interface BuiltImage {
  readonly part: Part;
  /** Its name with the version as tag. */
  readonly name: string;
}

/** What all images of a build have in common. */
export interface BuildOptions {
  readonly builder: Builder;
  /** The base image; that of the Dockerfile when it can be pulled, else one made here, when left out. */
  readonly base?: string;
  /** The tag beside the version, such as a registry's. */
  readonly prefix?: string;
}

/** The base that the Dockerfile names for everyone. */
export function baseOf(dockerfile = readFileSync(DOCKERFILE, 'utf8')): string {
  const base = /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1];
  if (base === undefined) throw new Error('the Dockerfile names no base');
  return base;
}

async function chosenBase({ builder, base }: BuildOptions): Promise<string> {
  if (base !== undefined) return base;
  const usual = baseOf();
  return builder.has(usual, { pull: true }) ? usual : makeLocalBase(builder);
}

function versionArgs(): Record<string, string> {
  const manifest: unknown = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest ? String(Reflect.get(manifest, 'version')) : '';
  const REVISION = outputOf('git', ['rev-parse', 'HEAD']);
  const CREATED = outputOf('git', ['show', '--no-patch', '--format=%cI', 'HEAD']);
  return { VERSION: version, REVISION, CREATED };
}

/** Bundles programs and builds an image of each, tagged with the version and `latest`. Answers them in the same order. */
export async function buildImages(
  parts: readonly Part[],
  options: BuildOptions,
): Promise<readonly BuiltImage[]> {
  const { builder, prefix = '' } = options;
  const base = await chosenBase(options);
  console.log(`Building with ${builder.name} on ${base}\n`);
  const versions = versionArgs();
  const built: BuiltImage[] = [];
  for (const part of parts) {
    await bundle(part, join(BUNDLES, part.name));
    const name = `${prefix}${part.image}:${versions['VERSION'] ?? ''}`;
    builder.build({
      dockerfile: DOCKERFILE,
      context: BUNDLES,
      tags: [name, `${prefix}${part.image}:latest`],
      args: { ...versions, BUNDLE: 'given', SERVICE: part.name, BASE: base },
    });
    built.push({ part, name });
    console.log(`built ${name}`);
  }
  return built;
}
