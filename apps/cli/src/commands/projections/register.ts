import { promote as promoteGeneration, rollback as rollBack } from '@meridian/read-store';
import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { say } from '../../output.ts';
import { withReaders, type ReaderOptions } from '../../engine-stores.ts';
import { compare, type CompareOptions } from './compare.ts';
import { drop } from './drop.ts';
import { list } from './list.ts';
import { rebuild, type RebuildOptions } from './rebuild.ts';
import { onGenerations, projectionOf } from './store.ts';

/** Adds `meridian projections …`. */
export function registerProjectionCommands(
  program: Command,
  signal: AbortSignal,
  exitCode: (code: number) => void,
): void {
  const projections = program
    .command('projections')
    .description('list, rebuild, compare, promote, roll back and drop generations of the read models');
  withReaders(projections.command('list'))
    .description('list every generation: its state, and how far each region is behind')
    .option('--json', 'print JSON', false)
    .action(async (options: ReaderOptions & { json: boolean }) => list(options));
  withReaders(projections.command('rebuild <projector>'))
    .description(
      'fill a new generation from the journal beside the live one; safe to interrupt and to run again',
    )
    .option(
      '--max-rate <n>',
      'how many events each process fills per second, at most, so that live traffic keeps its latency',
      wholeNumber,
      2_000,
    )
    .option(
      '--code-version <n>',
      'the version of the read model to fill it with; the newest that was ever started when left out',
      wholeNumber,
    )
    .option('--no-wait', 'begin the rebuild, and do not wait for its end')
    .action(async (name: string, options: RebuildOptions) => rebuild(name, options, signal));
  withReaders(projections.command('compare <projector>'))
    .description('compare samples of two generations; exit 1 when they differ')
    .option('--from <n>', 'one generation; the live one when left out', wholeNumber)
    .option('--to <n>', 'the other generation; the newest one when left out', wholeNumber)
    .option('--samples <n>', 'how many partitions of each table to compare', wholeNumber, 200)
    .option('--json', 'print JSON', false)
    .action(async (name: string, options: CompareOptions) =>
      exitCode((await compare(name, options)) ? 0 : 1),
    );
  withReaders(projections.command('promote <projector> <generation>'))
    .description('let a generation answer questions, in every region; the one before still gets new events')
    .action(async (name: string, generation: string, options: ReaderOptions) => {
      await onGenerations(options, ({ of }) =>
        promoteGeneration(of(projectionOf(name).name), wholeNumber(generation)),
      );
      say(`${name}: generation ${generation} answers now`);
    });
  withReaders(projections.command('rollback <projector>'))
    .description('let the generation before answer questions again')
    .action(async (name: string, options: ReaderOptions) => {
      const store = projectionOf(name).name;
      const generation = await onGenerations(options, ({ of }) => rollBack(of(store)));
      say(`${name}: generation ${generation} answers again`);
    });
  withReaders(projections.command('drop <projector> <generation>'))
    .description('give up a generation and remove its tables')
    .action(async (name: string, generation: string, options: ReaderOptions) =>
      drop(name, wholeNumber(generation), options),
    );
}
