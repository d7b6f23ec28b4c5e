import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { withReaders, type ReaderOptions } from '../../engine-stores.ts';
import { list } from './list.ts';
import { resolve, type ResolveOptions } from './resolve.ts';
import { show } from './show.ts';

type Printed = ReaderOptions & { readonly json: boolean };

/** Adds `meridian parked …`: commands for events that read models could not apply. */
export function registerParkedCommands(
  program: Command,
  signal: AbortSignal,
  exitCode: (code: number) => void,
): void {
  const parked = program
    .command('parked')
    .description('list, show, retry and discard events that a read model could not apply');
  withReaders(parked.command('list [projector]'))
    .description('list parked aggregates and why they are parked, and events that wait for a newer projector')
    .option('--json', 'print JSON', false)
    .action(async (projector: string | undefined, options: Printed) => list(projector, options));
  withReaders(parked.command('show <projector> <id>'))
    .description('show the parked events of an aggregate, in order')
    .option('--json', 'print JSON, with headers and payloads in base64', false)
    .action(async (projector: string, id: string, options: Printed) => show(projector, id, options));
  for (const [action, description] of [
    [
      'retry',
      'apply the parked events of an aggregate with the projector’s present code; exit 1 if some still cannot be applied',
    ],
    ['discard', 'give up the parked events of an aggregate for good; it goes on with its next event'],
  ] as const) {
    withReaders(parked.command(`${action} <projector> <id>`))
      .description(description)
      .option('--wait <seconds>', 'how many seconds to wait for the projector', wholeNumber, 30)
      .action(async (projector: string, id: string, options: ResolveOptions) =>
        exitCode((await resolve(action, projector, id, options, signal)) ? 0 : 1),
      );
  }
}
