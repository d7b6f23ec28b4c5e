import { copyFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findProgram, runCommand } from '@meridian/engines';
import { z } from 'zod';
import { toolFolder } from './cache.ts';
import { DEFINITION_MODULES, PINS, type DefinitionModule } from './pins.ts';

function go(): string {
  const program = findProgram('go', process.env);
  if (program === undefined)
    throw new Error('there is no `go` on PATH: install Go 1.24 or newer, from go.dev or as a package');
  return program;
}

/** Whatever else this machine's Go is told, it builds outside of any module, with the version that is there. */
const goEnvironment = () => ({
  ...process.env,
  GOTOOLCHAIN: 'local',
  GOFLAGS: '-buildvcs=false',
  GOWORK: 'off',
});

/** The program kustomize, built from its module the first time (about a minute). */
export async function kustomizeProgram(): Promise<string> {
  const { module, version } = PINS.kustomize;
  const folder = await toolFolder('kustomize', PINS.kustomize, async (growing) => {
    const env = { ...goEnvironment(), GOBIN: growing };
    await runCommand(go(), ['install', `${module}@${version}`], { cwd: growing, env });
    renameSync(join(growing, 'kustomize'), join(growing, 'program'));
  });
  return join(folder, 'program');
}

const downloaded = z.object({ Dir: z.string() });

/** The files with the definitions of custom resources that Go modules carry. */
export function moduleDefinitions(): Promise<readonly string[]> {
  return Promise.all(DEFINITION_MODULES.map(filesOf)).then((files) => files.flat());
}

async function filesOf({ module, version, files }: DefinitionModule): Promise<readonly string[]> {
  const pinned = { module, version, files };
  const folder = await toolFolder(`definitions-${basename(module)}`, pinned, async (growing) => {
    const args = ['mod', 'download', '-json', `${module}@${version}`];
    const printed = await runCommand(go(), args, { cwd: growing, env: goEnvironment() });
    const { Dir } = downloaded.parse(JSON.parse(printed));
    for (const file of files) copyFileSync(join(Dir, file), join(growing, basename(file)));
  });
  return files.map((file) => join(folder, basename(file)));
}
