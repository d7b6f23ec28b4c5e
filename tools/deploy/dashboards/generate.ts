// Writes Grafana's dashboards from the plans in this folder. `--check` writes nothing and fails when a file differs from what
// would be written, is missing, or belongs to no plan.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../../shell/workspace.ts';
import { writeOrCheck } from '../generated-files.ts';
import { DASHBOARDS, dashboards } from './all.ts';

const folder = join(workspaceRoot, DASHBOARDS);
mkdirSync(folder, { recursive: true });
writeOrCheck({
  command: 'npx node tools/deploy/dashboards/generate.ts',
  folder: DASHBOARDS,
  fresh: dashboards(),
  others: readdirSync(folder),
});
