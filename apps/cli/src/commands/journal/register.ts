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
import { withReaders, withStores } from './stores.ts';
import { verify, type VerifyCommandOptions } from './verify.ts';

function position(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text)) throw new InvalidArgumentError('must be a position, from 1 on');
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
  const journal = program.command('journal').description('read, check and mend the journal of all events');
  journal
    .command('head')
    .description('how far the journal goes')
    .option('--address <host:port>', 'the command-service to ask; that of the running stack when left out')
    .option('--json', 'for programs', false)
    .action(head);
  journal
    .command('read')
    .description('print events in the order of their commit')
    .option('--from <position>', 'the first position', position)
    .option('--to <position>', 'the last position; the head when left out', position)
    .option('--shard <list>', 'only of these shards, such as 3 or 0,5', shards)
    .option('--address <host:port>', 'the command-service to ask; that of the running stack when left out')
    .option('--json', 'a JSON object a line, payloads in base64', false)
    .action((options: ReadOptions) => read(options, signal));
  registerMending(journal, signal, exitCode);
}

function registerMending(journal: Command, signal: AbortSignal, exitCode: (code: number) => void): void {
  withStores(journal.command('verify'))
    .description('walk the journal: no gaps, and every row what its events add up to; exit 1 if not')
    .option('--max <n>', 'violations to list; all are counted', wholeNumber, 100)
    .option('--json', 'for programs', false)
    .action(async (options: VerifyCommandOptions) => exitCode(await verify(options, signal)));
  withStores(journal.command('republish'))
    .description('publish a range again, in order: for a Kafka that has lost it')
    .requiredOption('--from <position>', 'the first position', position)
    .option('--to <position>', 'the last position; all that was published before, when left out', position)
    .option('--shard <list>', 'only of these shards, such as 3 or 0,5', shards)
    .option('--json', 'for programs', false)
    .action((options: RepublishCommandOptions) => republish(options, signal));
  withStores(journal.command('fence'))
    .description('raise the head above all that Kafka holds: after a restore, before command-service starts')
    .option(
      '--reason <text>',
      'recorded with the fence',
      'a restore, or a failover that lost the newest events',
    )
    .option(
      '--at-least <position>',
      'raise it to this even if Kafka holds less; 10^12 above the head at most',
      position,
    )
    .option(
      '--lost <file>',
      'write the events that Kafka holds and the database has lost here, a JSON object a line',
    )
    .option('--force', 'even though command-service runs', false)
    .option('--json', 'for programs', false)
    .action(fence);
  withReaders(journal.command('reset-readers'))
    .description('empty read models and topics that hold what the journal has lost; the keys’ copies stay')
    .option('--yes', 'really', false)
    .action(resetReaders);
  withStores(journal.command('backup <folder>'))
    .description('have MySQL copy all its data to a new folder of its machine while it goes on')
    .option('--json', 'for programs', false)
    .action(backup);
  journal
    .command('erase-again <file>')
    .description('repeat the erasures of customers among lost events, as fence --lost wrote them')
    .action(eraseAgain);
}
