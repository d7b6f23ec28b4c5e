import { MAX_NODES, MOST_DISTANCE_MS } from '@meridian/engines';
import { Command, InvalidArgumentError } from 'commander';
import { DEFECTS } from './defects/defects.ts';
import type { Planted } from './defects/planted.ts';
import { FOLD_DEFECTS } from './defects/fold-defects.ts';
import { MENDED_DEFECTS } from './defects/mended-defects.ts';
import { SUM_DEFECTS } from './defects/sum-defects.ts';
import { READ_DEFECTS } from './defects/read-defects.ts';
import { runTestedDefect } from './defects/run-tested-defect.ts';
import { untilCaught } from './defects/until-caught.ts';
import { runNewRegion } from './new-region/run-new-region.ts';
import { runReadDefect } from './read/run-read-defect.ts';
import { runRead } from './read/run-read.ts';
import { kindsFor, NODE_FAULT_KINDS } from './read/schedule.ts';
import { runScale } from './scale/run-scale.ts';
import { startFaultyEngines, type FaultyEngines, type FaultyEnginesOptions } from './system/engines.ts';
import { unknownNames } from './system/unknown-names.ts';
import type { Violation } from './system/violation.ts';
import { runDefect, RUN_SECONDS } from './write/run-defect.ts';
import { runUpgrade, type UpgradeResult } from './upgrade/run-upgrade.ts';
import { runWrite } from './write/run-write.ts';
import { runZone } from './zone/run-zone.ts';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('must be a whole number, 1 or more');
  return value;
}

/** Partitions are twelve: a thirteenth replica would own nothing. */
const MOST_REPLICAS = 12;

function replicaNumbers(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const value = wholeNumber(part);
    if (value > MOST_REPLICAS) throw new InvalidArgumentError(`must be at most ${MOST_REPLICAS} each`);
    return value;
  });
}

function nodeNumber(text: string): number {
  const value = wholeNumber(text);
  if (value > MAX_NODES) throw new InvalidArgumentError(`must be at most ${MAX_NODES}`);
  return value;
}

function distance(text: string): number {
  const value = wholeNumber(text);
  if (value > MOST_DISTANCE_MS) throw new InvalidArgumentError(`must be at most ${MOST_DISTANCE_MS}`);
  return value;
}

/** The last commit before Meridian could be deployed on Kubernetes. */
const BEFORE_KUBERNETES = 'c9d28ca';

const say = (line: string) => console.log(line);

/** A run that leaves out what was asked for would prove less than it says. */
function refuseUnknown(...question: Parameters<typeof unknownNames>): void {
  const refusal = unknownNames(...question);
  if (refusal !== undefined) program.error(refusal, { exitCode: 2 });
}

const INTERRUPTED = 130;

async function onEngines(
  name: string,
  run: (engines: FaultyEngines) => Promise<boolean>,
  options: FaultyEnginesOptions = {},
) {
  const interrupted = new AbortController();
  let started: FaultyEngines | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // Also after several signals, the engines are ended.
      if (interrupted.signal.aborted) return;
      interrupted.abort(new Error(`stopped by ${signal}`));
      // A start that is under way ends by itself what it began.
      if (started) void started.stop().finally(() => process.exit(INTERRUPTED));
    });
  try {
    started = await startFaultyEngines(name, { ...options, signal: interrupted.signal });
    interrupted.signal.throwIfAborted();
    process.exitCode = (await run(started)) ? 0 : 1;
  } finally {
    await started?.stop();
    if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  }
}

const program = new Command('npm run faults --').description(
  'Harms a running system on real engines, and checks that nothing was lost, doubled, oversold or answered wrongly.',
);
interface SeedOptions {
  readonly seed: number;
  readonly runs: number;
}

interface ReadOptions extends SeedOptions {
  readonly rounds: number;
  readonly nodes: number;
  readonly distance?: number;
  readonly only?: readonly string[];
}

/** Runs seed after seed until one finds a violation, and says what each did and found. */
async function runSeeds(
  { seed, runs }: SeedOptions,
  run: (seed: number) => Promise<{
    readonly violations: readonly Violation[];
    readonly counts: Readonly<Record<string, number>>;
    readonly logFolder: string;
  }>,
): Promise<boolean> {
  for (let current = seed; current < seed + runs; current++) {
    say(`seed ${current}`);
    const { violations, counts, logFolder } = await run(current);
    const done = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    say(`  ${done.join(', ')}`);
    for (const { rule, detail } of violations.slice(0, 20)) say(`  VIOLATION of "${rule}": ${detail}`);
    if (violations.length === 0) continue;
    const byRule = [...Map.groupBy(violations, ({ rule }) => rule)].map(
      ([rule, { length }]) => `${length} of "${rule}"`,
    );
    say(`FAILED with seed ${current}: ${byRule.join(', ')}; the services’ logs are in ${logFolder}`);
    return false;
  }
  return true;
}

/** Says what a run without seeds did and found; answers whether nothing was wrong. */
function told({ violations, counts, logFolder }: UpgradeResult): boolean {
  const done = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  say(done.join(', '));
  for (const { rule, detail } of violations.slice(0, 20)) say(`  VIOLATION of "${rule}": ${detail}`);
  const clean = violations.length === 0;
  say(clean ? 'no call failed, nothing was lost' : `FAILED: the services’ logs are in ${logFolder}`);
  return clean;
}

program
  .command('write')
  .description('the write side: kills, pauses and cut connections under a load that repeats itself')
  .option('--seed <n>', 'the same seed gives the same schedule', wholeNumber, 1)
  .option('--seconds <n>', 'how long the load lasts', wholeNumber, 60)
  .option('--runs <n>', 'so many runs, each with the next seed', wholeNumber, 1)
  .action(async ({ seconds, ...seeds }: SeedOptions & { seconds: number }) =>
    onEngines('write', async (engines) => {
      const clean = await runSeeds(seeds, (seed) => runWrite(engines, { seed, seconds, say }));
      if (clean) say('nothing lost, doubled, oversold or answered wrongly');
      return clean;
    }),
  );
program
  .command('read')
  .description(
    'the read side: whatever can happen to events and stores on their way, under sessions that look',
  )
  .option('--seed <n>', 'the same seed gives the same schedule', wholeNumber, 1)
  .option('--rounds <n>', 'how often each kind of fault comes', wholeNumber, 1)
  .option('--runs <n>', 'so many runs, each with the next seed', wholeNumber, 1)
  .option(
    '--nodes <n>',
    `Cassandra nodes per region; with ${MAX_NODES}, some of them are harmed too`,
    nodeNumber,
    1,
  )
  .option('--distance <ms>', 'milliseconds between the regions, there and back', distance)
  .option(
    '--only <kinds...>',
    `only these kinds of fault: ${kindsFor(1).join(', ')}; with --nodes ${MAX_NODES} also ${NODE_FAULT_KINDS.join(', ')}`,
  )
  .action(async ({ rounds, only, nodes, distance: distanceMs, ...seeds }: ReadOptions) => {
    refuseUnknown(`kind of fault with --nodes ${nodes}`, only ?? [], kindsFor(nodes));
    const kinds = kindsFor(nodes).filter((kind) => only?.includes(kind) ?? true);
    const run = async (engines: FaultyEngines) => {
      const clean = await runSeeds(seeds, (seed) =>
        runRead(engines, { seed, rounds, kinds, checksBetween: true, say }),
      );
      if (clean) say('every row in every region is what the journal says, and so was every answer');
      return clean;
    };
    // A folder keeps its number of nodes, and whether its regions are apart, also where a run was killed.
    const apart = distanceMs === undefined ? '' : '-apart';
    const name = nodes === 1 ? 'read' : `read-${nodes}-nodes`;
    const options = { nodesPerRegion: nodes, ...(distanceMs === undefined ? {} : { distanceMs }) };
    return onEngines(`${name}${apart}`, run, options);
  });
program
  .command('upgrade')
  .description(
    'replaces every service by this version and back, replica by replica, under load: no call fails',
  )
  .option('--from <commit>', 'the version that is upgraded', BEFORE_KUBERNETES)
  .action(async ({ from }: { from: string }) =>
    onEngines('upgrade', async (engines) => told(await runUpgrade(engines, { from, say }))),
  );
program
  .command('scale')
  .description(
    'a projector in more and fewer replicas, under load: nothing is lost; its longest pause is told',
  )
  .option('--seed <n>', 'the same seed gives the same wishes of the clients', wholeNumber, 1)
  .option('--runs <n>', 'so many runs, each with the next seed', wholeNumber, 1)
  .option('--steps <numbers>', 'the numbers of replicas, one after the other', replicaNumbers, [1, 3, 12, 1])
  .action(async ({ steps, ...seeds }: SeedOptions & { steps: readonly number[] }) =>
    onEngines('scale', async (engines) => {
      const clean = await runSeeds(seeds, (seed) => runScale(engines, { seed, steps, say }));
      if (clean) say('every row in every region is what the journal says');
      return clean;
    }),
  );
program
  .command('new-region')
  .description('adds a region to a running system, by the steps of the runbook, under sessions that look')
  .option('--seed <n>', 'the same seed gives the same wishes of the clients', wholeNumber, 1)
  .option('--runs <n>', 'so many runs, each with the next seed', wholeNumber, 1)
  .action(async (seeds: SeedOptions) =>
    onEngines('new-region', async (engines) => {
      const clean = await runSeeds(seeds, (seed) => runNewRegion(engines, { seed, say }));
      if (clean) say('every row in the new region is what the journal says, and so was every answer');
      return clean;
    }),
  );
program
  .command('zone')
  .description('kills a query-service, then one replica of every service at once, under load: no call fails')
  .action(async () => onEngines('zone', async (engines) => told(await runZone(engines, { say }))));
const TESTED_DEFECTS = [...FOLD_DEFECTS, ...MENDED_DEFECTS, ...SUM_DEFECTS];
const ALL_DEFECTS = [...DEFECTS, ...READ_DEFECTS, ...TESTED_DEFECTS].map(({ name }) => name);

program
  .command('defects [names...]')
  .description(`plants defects one at a time and sees whether each is caught: ${ALL_DEFECTS.join(', ')}`)
  .option('--seed <n>', 'the seed of every run', wholeNumber, 1)
  .option('--seconds <n>', 'how long the load of each lasts, on the write side', wholeNumber, RUN_SECONDS)
  .action(async (names: string[], { seed, seconds }: { seed: number; seconds: number }) => {
    refuseUnknown('defect', names, ALL_DEFECTS);
    return onEngines('defects', async (engines) => {
      const isChosen = ({ name }: Planted) => names.length === 0 || names.includes(name);
      const silently = { seed, say: () => undefined };
      const runs = [
        ...DEFECTS.filter(isChosen).map((defect) => ({
          name: defect.name,
          run: () =>
            untilCaught([seconds, 3 * seconds], (load) =>
              runDefect(engines, defect, { ...silently, seconds: load }),
            ),
        })),
        ...READ_DEFECTS.filter(isChosen).map((defect) => ({
          name: defect.name,
          run: async () => [await runReadDefect(engines, defect, silently)],
        })),
        ...TESTED_DEFECTS.filter(isChosen).map((defect) => ({
          name: defect.name,
          run: async () => [await runTestedDefect(defect, engines.environment)],
        })),
      ];
      let missed = 0;
      for (const { name, run } of runs) {
        const result = (await run()).at(-1);
        if (!result) throw new Error(`${name} was tried in no way`);
        const { caught, rules, counts, examples } = result;
        missed += caught ? 0 : 1;
        say(`${caught ? 'caught' : 'MISSED'}  ${name.padEnd(30)} ${rules.join(', ')}`);
        if (!caught) say(`  ${JSON.stringify(counts)}`);
        for (const example of examples) say(`  ${example}`);
      }
      say(`${runs.length - missed} caught, ${missed} missed`);
      return missed === 0 && runs.length > 0;
    });
  });
await program.parseAsync();
process.exit();
