// Writes the accounts of closed engines from the rights that a closed stack gives its services. `--check` writes nothing
// and fails when a file differs from what would be written.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { staleFiles } from '../stale-files.ts';
import { workspaceRoot } from '../../shell/workspace.ts';
import { accountFiles, CLOSED_ENGINES } from './all.ts';

const pathOf = (name: string): string => join(workspaceRoot, CLOSED_ENGINES, name);

const fresh = accountFiles();
const present = new Map(
  [...fresh.keys()]
    .filter((name) => existsSync(pathOf(name)))
    .map((name) => [name, readFileSync(pathOf(name), 'utf8')]),
);
const stale = staleFiles(present, fresh);
if (process.argv.includes('--check')) {
  for (const { name, why } of stale)
    console.error(`${CLOSED_ENGINES}/${name} ${why}: run node tools/deploy/accounts/generate.ts`);
  console.log(`${fresh.size} files of accounts, ${stale.length} to write`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { name } of stale) writeFileSync(pathOf(name), fresh.get(name) ?? '');
  console.log(`${fresh.size} files of accounts in ${CLOSED_ENGINES}, ${stale.length} changed`);
}
