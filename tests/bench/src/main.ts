import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { FULL, QUICK, REGULAR } from './measure/measurement.ts';
import { machine, tableOf, toJson } from './measure/report.ts';
import { chosenFrom } from './measurements/chosen.ts';
import { MEASUREMENTS } from './measurements/index.ts';
import { runBench, type BenchResult } from './run-bench.ts';
import { startBenchSystem } from './system/start-bench-system.ts';

interface Options {
  readonly json?: string;
  readonly only?: string;
  readonly full: boolean;
  readonly quick: boolean;
  readonly profile?: string;
  readonly engines?: string;
  readonly nodes: string;
  readonly before?: string;
}

const program = new Command('npm run bench --')
  .description('Measures Meridian beside the bare drivers, in one run, and prints the ratios.')
  .option('--json <file>', 'write the ratios here, after each measurement')
  .option(
    '--only <names>',
    'only these measurements, separated by commas; a name ending in . means all that begin so',
  )
  .option('--full', 'flatness over a million orders', false)
  .option('--quick', 'one short run of each: shows that the bench works, measures nothing', false)
  .option('--profile <folder>', 'write a CPU profile of every service here')
  .option('--before <commit>', 'what pipeline.cost compares with')
  .option('--engines <folder>', 'where the engines keep their data; two runs at once need one each')
  .addOption(
    new Option('--nodes <n>', 'Cassandra nodes per region, each with all rows')
      .choices(['1', '2', '3'])
      .default('1'),
  )
  .parse();
const options = program.opts<Options>();

const { measurements: chosen, unknown } = chosenFrom(MEASUREMENTS, options.only);
if (unknown.length > 0) {
  console.error(
    `No such measurement: ${unknown.join(', ')}. There are:\n${MEASUREMENTS.map(({ name }) => `  ${name}`).join('\n')}`,
  );
  process.exit(2);
}
const scale = options.quick ? QUICK : options.full ? FULL : REGULAR;
const profileFolder = options.profile === undefined ? undefined : path.resolve(options.profile);
if (profileFolder) mkdirSync(profileFolder, { recursive: true });

console.log(machine());
const broken = new AbortController();
const starting = startBenchSystem({
  profileFolder,
  dataFolder: options.engines,
  before: options.before,
  nodesPerRegion: Number(options.nodes),
  signal: broken.signal,
});
let soFar: BenchResult = { comparisons: [], notMeasured: [] };
const tell = () => console.log(`\n${tableOf(soFar.comparisons, soFar.notMeasured)}`);
function keep(result: BenchResult): void {
  soFar = result;
  if (options.json) writeFileSync(options.json, `${toJson(result.comparisons, result.notMeasured)}\n`);
}
let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // Also after several signals: everything that the bench has started ends with it.
    if (broken.signal.aborted) return;
    broken.abort(new Error(`stopped by ${signal}`));
    // Who breaks a run off has what was measured until then.
    tell();
    // A start that is broken off has ended what it began.
    const stopped = starting.then((system) => system.stop()).catch(() => undefined);
    stopping = stopped.finally(() => process.exit(130));
  });
const system = await starting.catch(async (error: unknown) => {
  // Ends the process.
  await stopping;
  throw error;
});
try {
  const { notMeasured } = await runBench(system, chosen, scale, {
    say: (line) => console.log(line),
    onLine: keep,
    signal: broken.signal,
  });
  // Ends the process.
  await stopping;
  tell();
  process.exitCode = notMeasured.length > 0 ? 1 : 0;
} finally {
  await system.stop();
}
// A line that was given up may have left a connection open, which would keep this process alive.
process.exit();
