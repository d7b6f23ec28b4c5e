import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runCommand } from '@meridian/engines';
import { stringify } from 'yaml';
import { workspaceRoot } from '../shell/workspace.ts';
import { foldersOf, MANIFESTS, nameOf, type Combination } from './combinations.ts';
import { parseManifests, type Build } from './model/manifest.ts';

/** Makes what an overlay gives with components, as a user's own overlay names them. Rejects with what kustomize says. */
export async function build(kustomize: string, combination: Combination): Promise<Build> {
  const scratch = join(workspaceRoot, '.meridian/deploy');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'overlay-'));
  const from = (...path: string[]) => relative(folder, join(workspaceRoot, MANIFESTS, ...path));
  try {
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [from('overlays', combination.overlay)],
      components: foldersOf(combination).map((folder) => from('components', folder)),
    };
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
    return {
      name: nameOf(combination),
      manifests: parseManifests(await runCommand(kustomize, ['build', folder])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes what a folder of the manifests gives by itself. */
export async function buildFolder(kustomize: string, path: string): Promise<Build> {
  const printed = await runCommand(kustomize, ['build', join(workspaceRoot, MANIFESTS, path)]);
  return { name: path, manifests: parseManifests(printed) };
}
