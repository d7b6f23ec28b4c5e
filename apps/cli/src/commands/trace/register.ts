import type { Command } from 'commander';
import { withReaders } from '../journal/stores.ts';
import { trace, type TraceOptions } from './trace.ts';

/** Adds `meridian trace KIND ID`. */
export function registerTraceCommand(program: Command): void {
  withReaders(program.command('trace <kind> <id>'))
    .description(
      'where an order (or product, stock, customer) is: journal, relay, Kafka, every region; and why not further',
    )
    .option('--json', 'for programs', false)
    .action((kind: string, id: string, options: TraceOptions) => trace(kind, id, options));
}
