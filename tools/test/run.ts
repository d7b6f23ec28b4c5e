// `npm test`: every test of the workspace. First the pure ones, then, on real engines, the integration tests of each
// project and the journeys of tests/. `--unit`, `--integration` and `--journeys` run only what they name. The engines are
// those that the environment names (MERIDIAN_KAFKA_BROKERS and the others), else this starts its own and stops them at
// the end; `--engines local|docker|external` says which. Prints a table and ends with the line `N passed, N failed`.
import { parseArgs } from 'node:util';
import type { EngineMode } from '@meridian/engines';
import { runCommand } from '../shell/run.ts';
import { usualMode, withEngines } from './engines.ts';
import { projectsWithTests } from './projects.ts';
import type { TestMode, TestedProject } from './projects.ts';
import { forgetReports, outcomesOf, unreported } from './reports.ts';
import type { Outcome } from './reports.ts';
import { failuresIn, tableOf, totalsOf } from './summary.ts';

const startedAtMs = performance.now();
const { values: asked } = parseArgs({
  options: {
    unit: { type: 'boolean' },
    integration: { type: 'boolean' },
    journeys: { type: 'boolean' },
    engines: { type: 'string', default: usualMode(process.env) },
  },
});
const all = !asked.unit && !asked.integration && !asked.journeys;
const engineMode = asked.engines;
if (engineMode !== 'local' && engineMode !== 'docker' && engineMode !== 'external') {
  console.error(`--engines is local, docker or external, not ${engineMode}.`);
  process.exit(2);
}
/** Projects that are tested at once. */
const PARALLEL = 2;
const interrupted = new AbortController();

async function runPhase(
  phase: string,
  mode: TestMode,
  projects: readonly TestedProject[],
  { env = {} }: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome[]> {
  if (projects.length === 0) return [];
  console.log(`\n=== ${phase} (${projects.length} projects) ===\n`);
  const target = mode === 'unit' ? 'test' : 'integration';
  const names = projects.map((project) => project.name).join(',');
  const style = mode === 'unit' ? 'static' : 'stream';
  const args = ['run-many', `--targets=${target}`, `--projects=${names}`, `--outputStyle=${style}`];
  const exitCode = await runCommand('nx', [...args, `--parallel=${PARALLEL}`], {
    env,
    stop: interrupted.signal,
  });
  return outcomesOf(phase, projects, mode, exitCode);
}

async function runOnEngines(mode: EngineMode): Promise<Outcome[]> {
  const projects = await projectsWithTests('integration');
  const parts = all || asked.integration ? projects.filter((project) => !project.isJourney) : [];
  const journeys = all || asked.journeys ? projects.filter((project) => project.isJourney) : [];
  if (parts.length + journeys.length === 0) return [];
  return withEngines(mode, interrupted.signal, async (env) => [
    ...(await runPhase('Integration tests', 'integration', parts, { env })),
    // They wait more than they work, each for engines of its own to start, stop and come back.
    ...(await runPhase('Journeys', 'integration', journeys, { env })),
  ]);
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
await forgetReports();
const unit = all || asked.unit ? await runPhase('Unit tests', 'unit', await projectsWithTests('unit')) : [];
const onEngines = await runOnEngines(engineMode).catch((error: unknown) => [failureOf('engines', error)]);
const outcomes = [...unit, ...onEngines];
const { passed, failed, skipped } = totalsOf(outcomes);
const minutes = (performance.now() - startedAtMs) / 60_000;
console.log(`\n${tableOf(outcomes)}\n`);
for (const line of failuresIn(outcomes)) console.log(line);
console.log(`${skipped} skipped, ${minutes.toFixed(1)} minutes`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && !interrupted.signal.aborted ? 0 : 1);
