import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionOf } from './completion.ts';
import { commandsOf } from './examples.ts';
import { createProgram } from './program.ts';

const program = createProgram(new AbortController().signal, () => undefined);

/** The candidates of bash after these words; the last word is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const script = [
    completionOf(program, 'bash'),
    'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))',
    '_meridian',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const printed = execFileSync('bash', ['-c', script, 'bash', 'meridian', ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

describe('the completion of bash', () => {
  it.each([
    [['pro'], ['products', 'projections']],
    [
      ['journal', 're'],
      ['read', 'republish', 'reset-readers'],
    ],
    [['projections', 'list', '--j'], ['--json']],
    [
      ['start', '--engines', ''],
      ['local', 'docker', 'external'],
    ],
    [['import', 'file.csv', '--dates', 'd'], ['dmy']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['parked', 'list', 'orders', '--cust'], []],
    [['import', 'file.csv', '--rejects', ''], []],
  ])('offers after %j: %j', (words, expected) => expect(offered(...words)).toEqual(expected));
});

describe.each(['bash', 'zsh', 'fish'] as const)('the completion of %s', (shell) => {
  it('knows every command and flag', () => {
    const script = completionOf(program, shell);
    for (const [name, command] of commandsOf(program)) {
      expect(script).toContain(`' ${name}'`);
      for (const { long } of command.options)
        expect(script).toContain(shell === 'fish' ? ` -l ${long?.slice(2)}` : long);
    }
  });
});
