import { MAX_POSITION } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { InvalidArgumentError, type Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { backup } from './backup.ts';
import { eraseAgain } from './erase-again.ts';
import { fence } from './fence.ts';
import { head, read, type ReadOptions } from './read.ts';
import { republish, type RepublishCommandOptions } from './republish.ts';
import { resetReaders } from './reset-readers.ts';
import { withReaders, withStores } from '../../engine-stores.ts';
import { verify, type VerifyCommandOptions } from './verify.ts';

function position(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text))
    throw new InvalidArgumentError('must be a position: a whole number, 1 or more');
  const value = BigInt(text);
  if (value > MAX_POSITION)
    throw new InvalidArgumentError(`must be a position: no journal goes beyond ${MAX_POSITION}`);
  return value;
}

function shards(text: string): number[] {
  const list = [...new Set(text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : -1)))];
  if (list.some((shard) => shard < 0 || shard >= SHARD_COUNT))
    throw new InvalidArgumentError(`must be shards from 0 to ${SHARD_COUNT - 1}, such as 3 or 0,5`);
  return list;
}

/** Adds `meridian journal …`: the operators' commands for the journal. */
export function registerJournalCommands(
  program: Command,
  signal: AbortSignal,
  exitCode: (code: number) => void,
): void {
  const journal = program.command('journal').description('read, check and repair the journal of all events');
  journal
    .command('head')
    .description('show the last position, and the positions that were given up')
    .option('--address <host:port>', 'the command-service to ask; the one of the running stack when left out')
    .option('--json', 'print JSON', false)
    .action(head);
  journal
    .command('read')
    .description('print events in the order of their commit')
    .option('--from <position>', 'the first position', position)
    .option('--to <position>', 'the last position; the newest one when left out', position)
    .option('--shard <list>', 'only events of these shards, such as 3 or 0,5', shards)
    .option('--address <host:port>', 'the command-service to ask; the one of the running stack when left out')
    .option('--json', 'print one JSON object per line, with payloads in base64', false)
    .action((options: ReadOptions) => read(options, signal));
  registerMending(journal, signal, exitCode);
}

function registerMending(journal: Command, signal: AbortSignal, exitCode: (code: number) => void): void {
  withStores(journal.command('verify'))
    .description(
      'check that the journal has no gaps, and that every row equals the sum of its events; exit 1 if not',
    )
    .option('--max <n>', 'how many violations to list; all are counted', wholeNumber, 100)
    .option('--json', 'print JSON', false)
    .action(async (options: VerifyCommandOptions) => exitCode(await verify(options, signal)));
  withStores(journal.command('republish'))
    .description('publish a range of events again, in order, when Kafka has lost it')
    .requiredOption('--from <position>', 'the first position', position)
    .option('--to <position>', 'the last position; the last published one when left out', position)
    .option('--shard <list>', 'only events of these shards, such as 3 or 0,5', shards)
    .option('--json', 'print JSON', false)
    .action((options: RepublishCommandOptions) => republish(options, signal));
  withStores(journal.command('fence'))
    .description(
      'after a restore, before command-service starts: raise the journal’s head above all that Kafka holds',
    )
    .option(
      '--reason <text>',
      'why this is done; recorded with the fence',
      'a restore, or a failover that lost the newest events',
    )
    .option(
      '--at-least <position>',
      'raise the head to this position, even if Kafka holds less; at most 10^12 above the head',
      position,
    )
    .option(
      '--lost <file>',
      'write the events that Kafka holds and the database has lost to this file, one JSON object per line',
    )
    .option('--force', 'do so even while command-service runs', false)
    .option('--json', 'print JSON', false)
    .action(fence);
  withReaders(journal.command('reset-readers'))
    .description(
      'remove all read models and topics, if they hold events that the journal has lost; copies of keys stay',
    )
    .option('--yes', 'confirm that the data may be removed', false)
    .action(resetReaders);
  withStores(journal.command('backup <folder>'))
    .description('let MySQL copy all its data to a new folder of its machine, while it runs')
    .option('--json', 'print JSON', false)
    .action(backup);
  withReaders(journal.command('erase-again <file>'))
    .description(
      'repeat erasures that the journal has lost: those in the file of fence --lost, and those that the region remembers',
    )
    .option('--address <host:port>', 'the command-service to ask; the one of the running stack when left out')
    .action(eraseAgain);
}
