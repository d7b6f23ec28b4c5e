import { promote as promoteGeneration, rollback as rollBack } from '@meridian/read-store';
import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { say } from '../../output.ts';
import { withReaders, type ReaderOptions } from '../journal/stores.ts';
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
    .description(
      'generations of the read models: rebuild one beside the live one, compare, promote, roll back, drop',
    );
  withReaders(projections.command('list'))
    .description('every generation, what it does and how far each region is')
    .option('--json', 'for programs', false)
    .action(async (options: ReaderOptions & { json: boolean }) => list(options));
  withReaders(projections.command('rebuild <projector>'))
    .description('fill a new generation from the journal beside the live one; safe to end and to begin again')
    .option(
      '--max-rate <n>',
      'events a second at most, a process, so that live traffic keeps its latency',
      wholeNumber,
      2_000,
    )
    .option('--no-wait', 'begin it and return')
    .action(async (name: string, options: RebuildOptions) => rebuild(name, options, signal));
  withReaders(projections.command('compare <projector>'))
    .description('compare samples of two generations; exit 1 when they differ')
    .option('--from <n>', 'the live one when left out', wholeNumber)
    .option('--to <n>', 'the newest when left out', wholeNumber)
    .option('--samples <n>', 'partitions of each table', wholeNumber, 200)
    .option('--json', 'for programs', false)
    .action(async (name: string, options: CompareOptions) =>
      exitCode((await compare(name, options)) ? 0 : 1),
    );
  withReaders(projections.command('promote <projector> <generation>'))
    .description('make a generation answer questions, in every region; the other one is fed on')
    .action(async (name: string, generation: string, options: ReaderOptions) => {
      await onGenerations(options, ({ of }) =>
        promoteGeneration(of(projectionOf(name).name), wholeNumber(generation)),
      );
      say(`${name}: generation ${generation} answers now`);
    });
  withReaders(projections.command('rollback <projector>'))
    .description('make the generation answer again that did before')
    .action(async (name: string, options: ReaderOptions) => {
      const store = projectionOf(name).name;
      const generation = await onGenerations(options, ({ of }) => rollBack(of(store)));
      say(`${name}: generation ${generation} answers again`);
    });
  withReaders(projections.command('drop <projector> <generation>'))
    .description('give a generation up and remove its tables')
    .action(async (name: string, generation: string, options: ReaderOptions) =>
      drop(name, wholeNumber(generation), options),
    );
}
