import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { erasures } from './erasures.ts';

/** Adds `meridian erasures`. */
export function registerErasures(program: Command): void {
  program
    .command('erasures [customer]')
    .description('where customers’ keys are destroyed, by region; of one customer, or the newest first')
    .option('--pending', 'only those that a region has not done yet', false)
    .option('--limit <n>', 'at most so many; 50 when left out, and all with --json', wholeNumber)
    .option('--after <token>', 'the next page')
    .option('--address <host:port>', 'the command-service to ask; the one of the running stack when left out')
    .option('--json', 'print JSON', false)
    .action(erasures);
}
