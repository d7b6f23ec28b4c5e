import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { planned } from './planned.ts';
import { EXAMPLES, standIn, TESTED } from './testing/examples.ts';

const page = readFileSync(join(workspaceRoot, 'docs/extending.md'), 'utf8');
const BLOCK = /(?:<!-- (from|written to) (\S+) -->\s+)?```(\w+)\n([^]*?)```/g;

interface Block {
  readonly origin: string | undefined;
  readonly path: string;
  readonly language: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...page.matchAll(BLOCK)].map(
  ([, origin, path = '', language = '', code = '']) => ({ origin, path, language, code }),
);

/** A file as each example that writes it would leave it; `*` in a path stands for anything. */
async function generated(pattern: string): Promise<string> {
  const texts: string[] = [];
  for (const example of TESTED.filter((args) => !args.includes('--event'))) {
    const plan = await planned(example);
    const path = [...plan.created, ...plan.edited].find((one) => matchesGlob(one, pattern));
    if (path === undefined) continue;
    const filepath = join(workspaceRoot, path);
    const text = plan.read(path);
    texts.push(
      path.endsWith('.ts') ? await format(text, { ...(await resolveConfig(filepath)), filepath }) : text,
    );
  }
  if (texts.length === 0) throw new Error(`no example writes ${pattern}`);
  return texts.join('\n');
}

/** The lines of code, however deep they stand. */
const linesOf = (code: string): string =>
  code
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

describe('docs/extending.md', () => {
  it('shows code only with the file that it comes from', () => {
    const without = blocks.filter(({ origin, language }) => language !== 'sh' && origin === undefined);
    expect(without).toEqual([]);
    expect(blocks.filter(({ origin }) => origin !== undefined).length).toBeGreaterThan(4);
  });

  it.each(blocks.filter(({ origin }) => origin !== undefined))(
    'shows what is in $path',
    async ({ origin, path, code }) => {
      const text =
        origin === 'from' ? readFileSync(join(workspaceRoot, path), 'utf8') : await generated(standIn(path));
      expect(linesOf(text)).toContain(linesOf(origin === 'from' ? code : standIn(code)));
    },
  );

  it('shows commands that are tested', () => {
    const shown = blocks.flatMap(({ language, code }) => (language === 'sh' ? code.trim().split('\n') : []));
    const asked = shown.filter((line) => !/-- (?:--help|todos)/.test(line));
    expect(asked.sort()).toEqual(EXAMPLES.map((args) => `npm run new -- ${args.join(' ')}`).sort());
  });
});
