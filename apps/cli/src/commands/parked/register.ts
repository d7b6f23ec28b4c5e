import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { withReaders, type ReaderOptions } from '../journal/stores.ts';
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
    .description('aggregates whose events a read model could not apply and put aside');
  withReaders(parked.command('list [projector]'))
    .description('what is parked, and why')
    .option('--json', 'for programs', false)
    .action(async (projector: string | undefined, options: Printed) => list(projector, options));
  withReaders(parked.command('show <projector> <id>'))
    .description('the parked events of an aggregate, in order')
    .option('--json', 'for programs, with headers and payloads in base64', false)
    .action(async (projector: string, id: string, options: Printed) => show(projector, id, options));
  for (const [action, description] of [
    ['retry', 'apply them in order with the projector’s code as it is now; exit 1 if some still cannot be'],
    ['discard', 'give them up for good; the aggregate goes on with its next event'],
  ] as const) {
    withReaders(parked.command(`${action} <projector> <id>`))
      .description(description)
      .option('--wait <seconds>', 'how long to wait for the projector', wholeNumber, 30)
      .action(async (projector: string, id: string, options: ResolveOptions) =>
        exitCode((await resolve(action, projector, id, options, signal)) ? 0 : 1),
      );
  }
}
