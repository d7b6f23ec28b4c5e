import type { Command } from 'commander';

/** Examples of what a person can type, by command. `meridian` stands for `npm run meridian --`. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  start: ['meridian start --exit --json result.json', 'meridian start --secure'],
  up: [
    'meridian up',
    'meridian up --engines external',
    'meridian up --nodes 3',
    'meridian up --distance 80',
    'meridian up --separate-projectors',
    'meridian up --observe',
    'meridian up --secure',
  ],
  down: ['meridian down'],
  status: ['meridian status --json'],
  migrate: ['meridian migrate'],
  login: [
    'meridian login --role importer operator',
    'meridian login --role customer --customer 17850',
    'meridian login --issuer https://issuer.example.org --client-id batch --client-secret-file secret',
    'meridian login --issuer https://issuer.example.org --client-id terminal --device',
  ],
  'keys rotate': ['meridian keys rotate'],
  erasures: ['meridian erasures --pending', 'meridian erasures 17850 --json'],
  import: [
    'meridian import examples/online-retail-2010-12-01.csv --allow-rejects',
    'meridian import invoices.csv --dates dmy --rejects not-taken.csv',
  ],
  products: ['meridian products --limit 10', 'meridian products --region us-east --json'],
  orders: ['meridian orders 536365', 'meridian orders 17850 --customer --limit 10'],
  sales: ['meridian sales --from 2010-12-01 --to 2010-12-31'],
  'journal head': ['meridian journal head'],
  'journal read': ['meridian journal read --from 1 --to 100', 'meridian journal read --shard 0,5 --json'],
  'journal verify': ['meridian journal verify --max 20'],
  'journal republish': ['meridian journal republish --from 1'],
  'journal fence': ['meridian journal fence --reason restored --lost lost.jsonl'],
  'journal reset-readers': ['meridian journal reset-readers --yes'],
  'journal backup': ['meridian journal backup /backups/monday'],
  'journal erase-again': ['meridian journal erase-again lost.jsonl'],
  'projections list': ['meridian projections list'],
  'projections rebuild': ['meridian projections rebuild sales --max-rate 500'],
  'projections compare': ['meridian projections compare sales --samples 50'],
  'projections promote': ['meridian projections promote sales 2'],
  'projections rollback': ['meridian projections rollback sales'],
  'projections drop': ['meridian projections drop sales 1'],
  trace: ['meridian trace order 536365'],
  'parked list': ['meridian parked list orders'],
  'parked show': ['meridian parked show orders 536365'],
  'parked retry': ['meridian parked retry orders 536365 --wait 60'],
  'parked discard': ['meridian parked discard orders 536365'],
  completion: ['meridian completion bash'],
};

/** The commands with an action, by the words that name them, such as `journal read`. */
export function commandsOf(program: Command): ReadonlyMap<string, Command> {
  const found = new Map<string, Command>();
  const walk = (command: Command, words: readonly string[]) => {
    if (command.commands.length === 0) found.set(words.join(' '), command);
    for (const child of command.commands) walk(child, [...words, child.name()]);
  };
  walk(program, []);
  return found;
}

/** The examples of a command, by the words that name it. */
export function examplesOf(name: string): readonly string[] {
  return EXAMPLES[name] ?? [];
}

/** Ends the help of every command with its examples. */
export function addExamples(program: Command): void {
  for (const [name, command] of commandsOf(program)) {
    const lines = examplesOf(name).map((example) => `  $ ${example}`);
    if (lines.length > 0) command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
  }
}
