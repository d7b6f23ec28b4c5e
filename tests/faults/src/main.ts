import { Command, InvalidArgumentError } from 'commander';
import { DEFECTS } from './defects/defects.ts';
import type { Planted } from './defects/planted.ts';
import { FOLD_DEFECTS } from './defects/fold-defects.ts';
import { MENDED_DEFECTS } from './defects/mended-defects.ts';
import { READ_DEFECTS } from './defects/read-defects.ts';
import { runTestedDefect } from './defects/run-tested-defect.ts';
import { untilCaught } from './defects/until-caught.ts';
import { runReadDefect } from './read/run-read-defect.ts';
import { runRead } from './read/run-read.ts';
import { FAULT_KINDS } from './read/schedule.ts';
import { startFaultyEngines } from './system/engines.ts';
import { runDefect, RUN_SECONDS } from './write/run-defect.ts';
import { runUpgrade } from './upgrade/run-upgrade.ts';
import type { Violation } from './write/history.ts';
import { runWrite } from './write/run-write.ts';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('must be a whole number from 1 on');
  return value;
}

/** The last commit before Meridian could be deployed on Kubernetes. */
const BEFORE_KUBERNETES = 'c9d28ca';

const say = (line: string) => console.log(line);

async function onEngines(
  name: string,
  run: (engines: Awaited<ReturnType<typeof startFaultyEngines>>) => Promise<boolean>,
) {
  const engines = await startFaultyEngines(name);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void engines.stop().finally(() => process.exit(130)));
  try {
    process.exitCode = (await run(engines)) ? 0 : 1;
  } finally {
    await engines.stop();
  }
}

const program = new Command('npm run faults --').description(
  'Harms a running system on real engines, and checks that nothing was lost, doubled, oversold or answered wrongly.',
);
interface SeedOptions {
  readonly seed: number;
  readonly runs: number;
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
    say(
      `FAILED with seed ${current}: ${violations.length} violations; the services’ logs are in ${logFolder}`,
    );
    return false;
  }
  return true;
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
  .option('--only <kinds...>', `only these kinds of fault: ${FAULT_KINDS.join(', ')}`)
  .action(async ({ rounds, only, ...seeds }: SeedOptions & { rounds: number; only?: string[] }) =>
    onEngines('read', async (engines) => {
      const kinds = FAULT_KINDS.filter((kind) => only?.includes(kind) ?? true);
      const clean = await runSeeds(seeds, (seed) =>
        runRead(engines, { seed, rounds, kinds, checksBetween: true, say }),
      );
      if (clean) say('every row in every region is what the journal says, and so was every answer');
      return clean;
    }),
  );
program
  .command('upgrade')
  .description(
    'replaces every service by this version and back, replica by replica, under load: no call fails',
  )
  .option('--from <commit>', 'the version that is upgraded', BEFORE_KUBERNETES)
  .action(async ({ from }: { from: string }) =>
    onEngines('upgrade', async (engines) => {
      const { violations, counts, logFolder } = await runUpgrade(engines, { from, say });
      say(
        Object.entries(counts)
          .map(([name, count]) => `${count} ${name}`)
          .join(', '),
      );
      for (const { rule, detail } of violations.slice(0, 20)) say(`  VIOLATION of "${rule}": ${detail}`);
      say(
        violations.length === 0
          ? 'no call failed, nothing was lost'
          : `FAILED: the services’ logs are in ${logFolder}`,
      );
      return violations.length === 0;
    }),
  );
const TESTED_DEFECTS = [...FOLD_DEFECTS, ...MENDED_DEFECTS];
const ALL_DEFECTS = [...DEFECTS, ...READ_DEFECTS, ...TESTED_DEFECTS].map(({ name }) => name).join(', ');

program
  .command('defects [names...]')
  .description(`plants defects one at a time and sees whether each is caught: ${ALL_DEFECTS}`)
  .option('--seed <n>', 'the seed of every run', wholeNumber, 1)
  .option('--seconds <n>', 'how long the load of each lasts, on the write side', wholeNumber, RUN_SECONDS)
  .action(async (names: string[], { seed, seconds }: { seed: number; seconds: number }) =>
    onEngines('defects', async (engines) => {
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
    }),
  );
await program.parseAsync();
process.exit();
