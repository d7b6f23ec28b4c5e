// `npm run check`: everything that is checked without running tests. Every check runs, whatever came before; each counts as
// one passed or failed, and the last line sums them up as `N passed, N failed`. Names given as arguments run only those.
import { runCommand } from '../shell/run.ts';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--build'] },
  // Nx lints again what changed. Where it has no cache, one process for all is quicker. That process needs Nx's project graph,
  // since the rule of the module boundaries is silent without one.
  { name: 'lint', command: ['npm', 'run', '--silent', process.env['CI'] ? 'lint:whole' : 'lint'] },
  { name: 'cycles', command: ['node', 'tools/cycles/check.ts'] },
  { name: 'boundaries', command: ['node', 'tools/boundaries/check.mjs'] },
  { name: 'proto', command: ['node', 'tools/proto/check.ts'] },
  { name: 'generated', command: ['node', 'tools/proto/generate.ts', '--check'] },
  { name: 'todos', command: ['node', 'tools/new/run.ts', 'todos'] },
  { name: 'supply', command: ['node', 'tools/supply/check.ts'] },
  { name: 'access', command: ['node', 'tools/access/document.ts', '--check'] },
  { name: 'docs', command: ['node', 'tools/docs/check.ts'] },
  { name: 'dashboards', command: ['node', 'tools/deploy/dashboards/generate.ts', '--check'] },
  { name: 'accounts', command: ['node', 'tools/deploy/accounts/generate.ts', '--check'] },
  { name: 'deploy', command: ['node', 'tools/deploy/check.ts'] },
  { name: 'format', command: ['npm', 'run', '--silent', 'format:check'] },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `No such check: ${unknown.join(', ')}. There are: ${checks.map((check) => check.name).join(', ')}.`,
  );
  process.exit(2);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}

/** It takes one core about as long as all others. So it runs beside them, and what it prints comes after theirs. */
const BESIDE = 'lint';

interface Outcome {
  readonly passed: boolean;
  readonly ms: number;
}

async function outcomeOf(
  { command: [command, ...args] }: Check,
  gather?: (piece: Buffer) => void,
): Promise<Outcome> {
  const { signal: stop } = interrupted;
  const startedAtMs = performance.now();
  const passed = (await runCommand(command, args, { stop, ...(gather ? { gather } : {}) })) === 0;
  return { passed, ms: performance.now() - startedAtMs };
}

const failed: string[] = [];
const begins = (name: string): void => console.log(`\n=== ${name} ===`);
function ended(name: string, { passed, ms }: Outcome): void {
  console.log(`${passed ? 'passed' : 'FAILED'}: ${name} (${(ms / 1_000).toFixed(1)} s)`);
  if (!passed) failed.push(name);
}

const chosen = checks.filter((check) => asked.length === 0 || asked.includes(check.name));
const beside = chosen.length > 1 ? chosen.find(({ name }) => name === BESIDE) : undefined;
const printed: Buffer[] = [];
const besideOutcome = beside && outcomeOf(beside, (piece) => printed.push(piece));
for (const check of chosen) {
  if (check === beside) continue;
  if (interrupted.signal.aborted) {
    failed.push(check.name);
    continue;
  }
  begins(check.name);
  ended(check.name, await outcomeOf(check));
}
if (beside && besideOutcome) {
  const outcome = await besideOutcome;
  begins(beside.name);
  process.stdout.write(Buffer.concat(printed));
  ended(beside.name, outcome);
}
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`);
console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
