import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandsOf, examplesOf } from './examples.ts';
import { createProgram } from './program.ts';

/** The real program, except for the actions of its commands: each only reports that it was called. */
function parsingOnly(onCommand: (name: string) => void): Command {
  const program = createProgram(new AbortController().signal, () => undefined);
  for (const [name, command] of commandsOf(program)) {
    command.action(() => onCommand(name));
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }
  return program;
}

async function reached(...words: readonly string[]): Promise<string | undefined> {
  let found: string | undefined;
  await parsingOnly((name) => (found = name)).parseAsync([...words], { from: 'user' });
  return found;
}

const names = [...commandsOf(parsingOnly(() => undefined)).keys()];

describe('the help of every command', () => {
  it.each(names)('has examples that are commands of it: %s', async (name) => {
    expect(examplesOf(name)).not.toEqual([]);
    for (const example of examplesOf(name)) {
      const [meridian, ...words] = example.split(' ');
      expect(meridian).toBe('meridian');
      expect(await reached(...words), example).toBe(name);
    }
  });

  it.each(names)('shows them: %s', (name) => {
    let help = '';
    const command = commandsOf(parsingOnly(() => undefined)).get(name);
    command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    for (const example of examplesOf(name)) expect(help).toContain(`$ ${example}\n`);
  });

  it('would not pass an example with a flag that does not exist', async () => {
    await expect(reached('sales', '--since', '2010-12-01')).rejects.toThrow(CommanderError);
  });
});

/** These commands act or show progress. Every other command answers a question, also for programs. */
const ACTING = [
  'up',
  'down',
  'login',
  'import',
  'completion',
  'journal reset-readers',
  'journal erase-again',
  'projections rebuild',
  'projections promote',
  'projections rollback',
  'projections drop',
  'parked retry',
  'parked discard',
  'keys rotate',
];

describe('what answers people', () => {
  it.each(names.filter((name) => !ACTING.includes(name)))('answers programs too: %s', (name) => {
    const options = commandsOf(parsingOnly(() => undefined)).get(name)?.options ?? [];
    expect(options.map(({ long }) => long)).toContain('--json');
  });
});
