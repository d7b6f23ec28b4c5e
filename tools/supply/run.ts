// `npm run sbom`: writes the bills of materials of the workspace, checks licences and install scripts, and asks the registry for
// known vulnerabilities. Exits 1 when something is wrong; a registry that does not answer is said aloud and is no failure.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Enums } from '@cyclonedx/cyclonedx-library';
import { workspaceRoot } from '../shell/workspace.ts';
import { licenceCounts } from './licences.ts';
import type { LockedPackage } from './locked-packages.ts';
import { supplyOfWorkspace } from './read-workspace.ts';
import { askForVulnerabilities } from './vulnerabilities.ts';
import { workspaceBill } from './workspace-bill.ts';

const folder = join(workspaceRoot, 'dist/sbom');
const { version, packages, problems } = supplyOfWorkspace();

function write(kind: string, some: readonly LockedPackage[], scope: Enums.ComponentScope): void {
  const file = join(folder, `meridian-${kind}.cdx.json`);
  writeFileSync(file, workspaceBill({ name: `meridian-${kind}`, version, packages: some, scope }));
  console.log(`${relative(workspaceRoot, file)}: ${some.length} packages`);
  for (const [licence, count] of licenceCounts(some))
    console.log(`  ${String(count).padStart(4)} ${licence}`);
}

mkdirSync(folder, { recursive: true });
write('production', packages.production, Enums.ComponentScope.Required);
write('development', packages.development, Enums.ComponentScope.Excluded);
for (const problem of problems) console.error(problem);
console.log(`Licences and install scripts: ${problems.length} problems.`);

const vulnerabilities = await askForVulnerabilities();
if (vulnerabilities.kind === 'unreachable') {
  console.warn(
    `\nNOT CHECKED for known vulnerabilities: the registry gave no answer (${vulnerabilities.why}).`,
  );
  console.warn('Run `npm audit` where the registry answers it, or feed the bills to a scanner.');
} else {
  for (const one of vulnerabilities.found) console.error(one);
  console.log(`Known vulnerabilities: ${vulnerabilities.found.length}.`);
}
const found = vulnerabilities.kind === 'answered' ? vulnerabilities.found.length : 0;
process.exitCode = problems.length + found === 0 ? 0 : 1;
