import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runCommand } from '@meridian/engines';
import { toolFolder } from './cache.ts';
import { PINS } from './pins.ts';

/** The file with the schema of every kind of Kubernetes, strict: what a schema does not name is refused. */
export async function kubernetesDefinitions(): Promise<string> {
  const { package: name, version, schemas } = PINS.kubernetes;
  const python = findProgram('python3', process.env);
  if (python === undefined)
    throw new Error('there is no `python3` on PATH: install Python 3.9 or newer with pip');
  const folder = await toolFolder('kubernetes', PINS.kubernetes, async (growing) => {
    const target = join(growing, 'package');
    const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    const what = ['--no-deps', '--only-binary=:all:', '--target', target, `${name}==${version}`];
    await runCommand(python, ['-m', 'pip', 'install', ...quiet, ...what]);
    const from = join(target, 'kubernetes_validate/kubernetes-json-schema', schemas, '_definitions.json');
    copyFileSync(from, join(growing, 'definitions.json'));
    rmSync(target, { recursive: true });
  });
  return join(folder, 'definitions.json');
}
