import type { Command } from 'commander';
import { withReaders } from '../../engine-stores.ts';
import { trace, type TraceOptions } from './trace.ts';

/** Adds `meridian trace KIND ID`. */
export function registerTraceCommand(program: Command): void {
  withReaders(program.command('trace <kind> <id>'))
    .description(
      'show how far an order, product, stock or customer got (journal, relay, Kafka, regions), and why not further',
    )
    .option('--json', 'print JSON', false)
    .action((kind: string, id: string, options: TraceOptions) => trace(kind, id, options));
}
