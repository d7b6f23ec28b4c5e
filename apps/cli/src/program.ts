import { MAX_NODES, MOST_DISTANCE_MS } from '@meridian/engines';
import { defaultStackFolder, startStack, startStackEngines, stopStack } from '@meridian/local-stack';
import { Command, Option } from 'commander';
import { distanceMs, nodeNumber, wholeNumber } from './arguments.ts';
import { registerJournalCommands } from './commands/journal/register.ts';
import { registerKeyCommands } from './commands/keys/register.ts';
import { registerParkedCommands } from './commands/parked/register.ts';
import { registerProjectionCommands } from './commands/projections/register.ts';
import { registerErasures } from './commands/erasures/register.ts';
import { registerLogin } from './commands/login.ts';
import { registerTraceCommand } from './commands/trace/register.ts';
import { observe } from './commands/observe.ts';
import { orders, products, sales } from './commands/questions.ts';
import { status } from './commands/status.ts';
import { registerCompletion } from './completion.ts';
import { addExamples } from './examples.ts';
import { registerImportCommand } from './import/import-command.ts';
import { say } from './output.ts';
import { engineProgress, serviceReady, serviceWaits } from './progress.ts';
import { printAddresses } from './start/report.ts';
import { shapeOf, start, type StartOptions } from './start/start.ts';

const engines = () =>
  new Option(
    '--engines <mode>',
    'run MySQL, Kafka and Cassandra as local processes, as docker containers, or use those that the environment names',
  )
    .choices(['local', 'docker', 'external'])
    .default('local');

const secure = () =>
  new Option('--secure', 'closed: TLS, accounts and tokens everywhere; the data folder stays so').default(
    false,
  );

const nodes = () =>
  new Option(
    '--nodes <n>',
    `how many Cassandra nodes each region has, 1 to ${MAX_NODES}; as many as the data folder has, or 1, when left out`,
  ).argParser(nodeNumber);

const distance = () =>
  new Option(
    '--distance <ms>',
    `how many milliseconds the regions are apart, there and back, 0 to ${MOST_DISTANCE_MS}; what the data folder last had, or none, when left out`,
  ).argParser(distanceMs);

/** The command line. `exitCode` is called with the exit code of the process. */
export function createProgram(signal: AbortSignal, exitCode: (code: number) => void): Command {
  const program = new Command('meridian').description(
    'Meridian on this machine: engines, services, imports and questions.',
  );
  program
    .command('start')
    .description(
      'start everything, import the sample file, and compare the answers of every region with the file',
    )
    .option('--exit', 'stop everything at the end; exit code 0 only if the sums agree', false)
    .option('--json <file>', 'write the result to this file, as JSON')
    .addOption(secure())
    .addOption(engines())
    .addOption(nodes())
    .addOption(distance())
    .action(async (options: Omit<StartOptions, 'signal'>) => exitCode(await start({ ...options, signal })));
  program
    .command('up')
    .description('start engines and services in the background')
    .addOption(engines())
    .addOption(nodes())
    .addOption(distance())
    .option('--engines-only', 'start only the engines, to repair their data', false)
    .addOption(secure())
    .option('--separate-projectors', 'run each projector in a process of its own, as on a cluster', false)
    .option('--observe', 'also start Prometheus, and Grafana if it is on PATH', false)
    .action(async (options: UpOptions) => up(options, signal));
  program
    .command('down')
    .description('stop services and engines; their data stays')
    .action(async () => stopStack(defaultStackFolder()));
  program
    .command('status')
    .description('show engines, services, and how far each projector is behind')
    .option('--json', 'print JSON', false)
    .action(status);
  program
    .command('migrate')
    .description(
      'bring the schemas of MySQL up to date and make missing keyspaces, on the engines that the environment names',
    )
    .option('--json', 'print JSON', false)
    // What services are made of is loaded for this command alone.
    .action(async (options: { readonly json: boolean }) =>
      (await import('./commands/migrate.ts')).migrate(options),
    );
  registerLogin(program, signal);
  registerImportCommand(program, signal, exitCode);
  registerQuestions(program);
  registerJournalCommands(program, signal, exitCode);
  registerProjectionCommands(program, signal, exitCode);
  registerTraceCommand(program);
  registerParkedCommands(program, signal, exitCode);
  registerKeyCommands(program, signal, exitCode);
  registerErasures(program);
  registerCompletion(program);
  addExamples(program);
  return program;
}

interface UpOptions extends Pick<StartOptions, 'engines' | 'nodes' | 'distance'> {
  readonly enginesOnly: boolean;
  readonly secure: boolean;
  readonly separateProjectors: boolean;
  readonly observe: boolean;
}

async function up(options: UpOptions, signal: AbortSignal): Promise<void> {
  const shape = shapeOf(options);
  const onEngineProgress = engineProgress();
  if (options.enginesOnly) {
    await startStackEngines({ engines: options.engines, ...shape, signal, onEngineProgress });
    return;
  }
  const stack = await startStack({
    engines: options.engines,
    ...shape,
    projectors: options.separateProjectors ? 'separate' : 'together',
    secure: options.secure,
    supervise: true,
    signal,
    onEngineProgress,
    onServiceReady: serviceReady,
    onServiceWaits: serviceWaits,
  });
  say();
  printAddresses(stack);
  if (options.observe) await observe(stack, signal);
}

function registerQuestions(program: Command): void {
  question(program.command('products').description('list products by id'))
    .option('--limit <n>', 'how many to list at most', wholeNumber, 50)
    .option('--after <token>', 'list what comes after this token, which the page before has printed')
    .action(products);
  question(
    program.command('orders <id>').description('show an order, or the orders of a customer with --customer'),
  )
    .option('--customer', 'the id names a customer, not an order', false)
    .option('--limit <n>', 'how many to list at most', wholeNumber, 50)
    .option('--after <token>', 'list what comes after this token, which the page before has printed')
    .action(orders);
  question(program.command('sales').description('show sales by day, country and currency'))
    .option('--from <day>', 'the first business day, YYYY-MM-DD; today when left out')
    .option('--to <day>', 'the last business day; the first one when left out')
    .action(sales);
}

function question(command: Command): Command {
  return command
    .option('--region <region>', 'the region to ask; the home region when left out')
    .option('--json', 'print JSON', false);
}
