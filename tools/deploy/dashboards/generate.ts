// Writes Grafana's dashboards from the plans in this folder. `--check` writes nothing and fails when a file differs from what
// would be written, is missing, or belongs to no plan.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../../shell/workspace.ts';
import { DASHBOARDS, dashboards } from './all.ts';
import { staleFiles } from '../stale-files.ts';

const COMMAND = 'node tools/deploy/dashboards/generate.ts';
const folder = join(workspaceRoot, DASHBOARDS);

mkdirSync(folder, { recursive: true });
const present = new Map(
  readdirSync(folder).map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]),
);
const fresh = dashboards();
const stale = staleFiles(present, fresh);
if (process.argv.includes('--check')) {
  for (const { name, why } of stale) console.error(`${DASHBOARDS}/${name} ${why}: run ${COMMAND}`);
  console.log(`${fresh.size} dashboards, ${stale.length} of their files to write or remove`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { name } of stale) {
    const text = fresh.get(name);
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
  console.log(`${fresh.size} dashboards in ${DASHBOARDS}, ${stale.length} files changed`);
}
