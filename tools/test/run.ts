// `npm test`: every test of the workspace. First the pure ones, then, on one set of real engines, the integration tests
// of each project and the journeys of tests/. `--unit`, `--integration` and `--journeys` run only what they name.
// `--beside-load` keeps every core busy with other work. The environment may name the engines (MERIDIAN_KAFKA_BROKERS
// and the others). Otherwise the run starts its own, and stops them at the end. `--engines local|docker|external` says
// which. Arguments are parts of paths: only test files whose path contains one of them run, on engines only where one
// needs them. A part that none contains is refused, and nothing runs. `--keep` leaves the engines up for the next run
// with `--keep`, and `--stop-engines` stops those. Prints a table and ends with the line `N passed, N failed`.
import { join } from 'node:path';
import type { EngineMode } from '@meridian/engines';
import { argumentsOf } from '../shell/arguments.ts';
import { runCommand } from '../shell/run.ts';
import { SLOWNESS_VARIABLE } from '../vitest/limits.ts';
import { startBusyLoops } from './busy-loops.ts';
import { stopKeptEngines, usualMode, withEngines, withKeptEngines } from './engines.ts';
import { partsWithoutFile, projectsWithTests } from './projects.ts';
import type { TestMode, TestedProject } from './projects.ts';
import { forgetReports, outcomesOf, unreported } from './reports.ts';
import type { Outcome } from './reports.ts';
import { workspaceRoot } from '../shell/workspace.ts';
import { measureSlowness } from './slowness.ts';
import { failuresIn, skippedIn, tableOf, totalsOf } from './summary.ts';

const startedAtMs = performance.now();
const { values: asked, positionals } = argumentsOf({
  allowPositionals: true,
  options: {
    unit: { type: 'boolean' },
    integration: { type: 'boolean' },
    journeys: { type: 'boolean' },
    'beside-load': { type: 'boolean' },
    engines: { type: 'string', default: usualMode(process.env) },
    keep: { type: 'boolean', default: false },
    'stop-engines': { type: 'boolean', default: false },
  },
});
/** Parts of the paths of test files; a shell may complete `./libs/…`. */
const parts = positionals.map((part) => part.replace(/^\.\//, ''));
const all = !asked.unit && !asked.integration && !asked.journeys;
const engineMode = asked.engines;
if (engineMode !== 'local' && engineMode !== 'docker' && engineMode !== 'external') {
  console.error(`--engines is local, docker or external, not ${engineMode}.`);
  process.exit(2);
}
if (asked.keep && engineMode !== 'local') {
  console.error(
    '--keep is for the engines that this starts itself; those that the environment names stay up anyway.',
  );
  process.exit(2);
}
if (asked['stop-engines']) {
  await stopKeptEngines();
  process.exit(0);
}
const interrupted = new AbortController();

/** Runs the tests of some projects in one vitest. */
async function runPhase(
  phase: string,
  mode: TestMode,
  projects: readonly TestedProject[],
  env: NodeJS.ProcessEnv,
): Promise<Outcome[]> {
  if (projects.length === 0) return [];
  console.log(`\n=== ${phase} (${projects.length} projects) ===\n`);
  const chosen = projects.flatMap(({ folder }) => ['--project', folder]);
  // By whole paths: vitest compares parts with paths from a project's own folder.
  const files = parts.length > 0 ? projects.flatMap((project) => project.files) : [];
  const paths = files.map((file) => join(workspaceRoot, file));
  const args = ['run', '--mode', mode, '--config', 'tools/vitest/workspace.ts', ...chosen, ...paths];
  const exitCode = await runCommand('vitest', args, { env, stop: interrupted.signal });
  return outcomesOf(phase, projects, mode, exitCode);
}

/** The projects that were asked for, by mode. */
interface Chosen {
  readonly pure: readonly TestedProject[];
  readonly onEngines: readonly TestedProject[];
}

async function chosenProjects(): Promise<Chosen> {
  const wanted = (project: TestedProject): boolean =>
    all || (project.isJourney ? asked.journeys === true : asked.integration === true);
  return {
    pure: all || asked.unit ? await projectsWithTests('unit', parts) : [],
    onEngines: (await projectsWithTests('integration', parts)).filter(wanted),
  };
}

async function runOnEngines(
  mode: EngineMode,
  projects: readonly TestedProject[],
  limits: NodeJS.ProcessEnv,
): Promise<Outcome[]> {
  if (projects.length === 0) return [];
  const run = (env: NodeJS.ProcessEnv): Promise<Outcome[]> =>
    runPhase('Integration tests and journeys', 'integration', projects, { ...env, ...limits });
  if (asked.keep) return withKeptEngines(interrupted.signal, run);
  return withEngines(mode, interrupted.signal, run);
}

async function runAll(mode: EngineMode, chosen: Chosen): Promise<Outcome[]> {
  const slowness = measureSlowness();
  console.log(
    `This machine takes ${slowness.toFixed(2)} times as long as the usual one; time limits of tests follow.`,
  );
  const limits = { [SLOWNESS_VARIABLE]: slowness.toFixed(3) };
  const unit = await runPhase('Unit tests', 'unit', chosen.pure, limits);
  const onEngines = await runOnEngines(mode, chosen.onEngines, limits).catch((error: unknown) => [
    failureOf('engines', error),
  ]);
  return [...unit, ...onEngines];
}

function failureOf(phase: string, error: unknown): Outcome {
  const [note = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  if (!interrupted.signal.aborted) console.error(error);
  return unreported(phase, 'integration', note);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}
const chosen = await chosenProjects();
const unmatched = partsWithoutFile(parts, [...chosen.pure, ...chosen.onEngines]);
if (unmatched.length > 0) {
  // Without the tests that it was to name, a run would report success.
  console.log(`No test file's path contains ${unmatched.join(' or ')}.\n0 passed, 1 failed`);
  process.exit(1);
}
await forgetReports();
const endBusyLoops = asked['beside-load'] ? startBusyLoops() : async () => undefined;
const outcomes = await runAll(engineMode, chosen).finally(endBusyLoops);
const { passed, failed, skipped } = totalsOf(outcomes);
const minutes = (performance.now() - startedAtMs) / 60_000;
console.log(`\n${tableOf(outcomes)}\n`);
for (const line of [...skippedIn(outcomes), ...failuresIn(outcomes)]) console.log(line);
console.log(`${skipped} skipped, ${minutes.toFixed(1)} minutes`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && !interrupted.signal.aborted ? 0 : 1);
