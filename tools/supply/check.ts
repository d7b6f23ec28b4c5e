// Checks the licences and the install scripts of all packages in package-lock.json. Offline. Exits 1 when there is a problem.
import { supplyOfWorkspace } from './read-workspace.ts';

const { packages, problems } = supplyOfWorkspace();
for (const problem of problems) console.error(problem);
const scripts = packages.all.filter(({ hasInstallScript }) => hasInstallScript).length;
console.log(
  `${packages.production.length} packages in production, ${packages.development.length} in development, ${scripts} install scripts, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
