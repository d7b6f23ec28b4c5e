import { defaultStackFolder, startStack, startStackEngines, stopStack } from '@meridian/local-stack';
import { Command, Option } from 'commander';
import { wholeNumber } from './arguments.ts';
import { registerJournalCommands } from './commands/journal/register.ts';
import { registerParkedCommands } from './commands/parked/register.ts';
import { registerProjectionCommands } from './commands/projections/register.ts';
import { migrate } from './commands/migrate.ts';
import { registerTraceCommand } from './commands/trace/register.ts';
import { orders, products, sales } from './commands/questions.ts';
import { status } from './commands/status.ts';
import { registerCompletion } from './completion.ts';
import { addExamples } from './examples.ts';
import { registerImportCommand } from './import/import-command.ts';
import { say } from './output.ts';
import { engineProgress, serviceReady } from './progress.ts';
import { printAddresses } from './start/report.ts';
import { start, type StartOptions } from './start/start.ts';

const engines = () =>
  new Option('--engines <mode>', 'where MySQL, Kafka and Cassandra come from')
    .choices(['local', 'docker', 'external'])
    .default('local');

/** The command line. `exitCode` is called with the exit code of the process. */
export function createProgram(signal: AbortSignal, exitCode: (code: number) => void): Command {
  const program = new Command('meridian').description(
    'Meridian on this machine: engines, services, imports and questions.',
  );
  program
    .command('start')
    .description('start everything, import the sample, compare the answers of every region with the file')
    .option('--exit', 'stop everything afterwards; exit 0 only if the sums agree', false)
    .option('--json <file>', 'write the result here')
    .addOption(engines())
    .action(async (options: Omit<StartOptions, 'signal'>) => exitCode(await start({ ...options, signal })));
  program
    .command('up')
    .description('start engines and services in the background')
    .addOption(engines())
    .option('--engines-only', 'no services: to mend what the engines hold', false)
    .option('--separate-projectors', 'one process per projector, as on a cluster, not one for all', false)
    .action(async (options: UpOptions) => {
      if (options.enginesOnly) {
        await startStackEngines({ engines: options.engines, signal, onEngineProgress: engineProgress() });
        return;
      }
      const stack = await startStack({
        engines: options.engines,
        projectors: options.separateProjectors ? 'separate' : 'together',
        supervise: true,
        signal,
        onEngineProgress: engineProgress(),
        onServiceReady: serviceReady,
      });
      say();
      printAddresses(stack);
    });
  program
    .command('down')
    .description('stop services and engines; their data stays')
    .action(async () => stopStack(defaultStackFolder()));
  program
    .command('status')
    .description('engines, services, and how far each projector is behind')
    .option('--json', 'for programs', false)
    .action(status);
  program
    .command('migrate')
    .description(
      'bring the schemas of MySQL up to date and make missing keyspaces; the environment says where',
    )
    .option('--json', 'for programs', false)
    .action(migrate);
  registerImportCommand(program, signal, exitCode);
  registerQuestions(program);
  registerJournalCommands(program, signal, exitCode);
  registerProjectionCommands(program, signal, exitCode);
  registerTraceCommand(program);
  registerParkedCommands(program, signal, exitCode);
  registerCompletion(program);
  addExamples(program);
  return program;
}

interface UpOptions extends Pick<StartOptions, 'engines'> {
  readonly enginesOnly: boolean;
  readonly separateProjectors: boolean;
}

function registerQuestions(program: Command): void {
  question(program.command('products').description('products by id'))
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--after <token>', 'the next page')
    .action(products);
  question(program.command('orders <id>').description('an order; with --customer, a customer’s orders'))
    .option('--customer', 'the id is a customer’s', false)
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--after <token>', 'the next page')
    .action(orders);
  question(program.command('sales').description('sales by day, country and currency'))
    .option('--from <day>', 'the first business day, YYYY-MM-DD; today when left out')
    .option('--to <day>', 'the last business day')
    .action(sales);
}

function question(command: Command): Command {
  return command
    .option('--region <region>', 'whom to ask; the home region when left out')
    .option('--json', 'for programs', false);
}
