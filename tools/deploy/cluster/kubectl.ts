import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runCommand } from '@meridian/engines';
import { workspaceRoot } from '../../shell/workspace.ts';

/** Runs kubectl on one API server; resolves with what it printed, rejects with what it said. */
export interface Kubectl {
  (...args: readonly string[]): Promise<string>;
  /** The same with resources as its file. */
  applied(resources: readonly object[], ...args: readonly string[]): Promise<string>;
}

/** kubectl of PATH with a kubeconfig. Throws where there is none. */
export function kubectlOf(kubeconfig: string): Kubectl {
  const program = findProgram('kubectl', process.env);
  if (program === undefined) throw new Error('there is no kubectl on PATH');
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const run = (...args: readonly string[]) => runCommand(program, args, { env });
  const applied = async (resources: readonly object[], ...args: readonly string[]) => {
    const scratch = join(workspaceRoot, '.meridian/deploy');
    mkdirSync(scratch, { recursive: true });
    const folder = mkdtempSync(join(scratch, 'applied-'));
    try {
      const file = join(folder, 'resources.json');
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources }));
      return await run(...args, '-f', file);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return Object.assign(run, { applied });
}
