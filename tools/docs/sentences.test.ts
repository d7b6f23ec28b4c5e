import { describe, expect, it } from 'vitest';
import { longSentencesOfPage, longSentencesOfSource, MAX_WORDS } from './sentences.ts';

const words = (count: number): string => Array.from({ length: count }, (_, n) => `w${n + 1}`).join(' ');
const allowed = `${words(MAX_WORDS)}.`;
const tooLong = `${words(MAX_WORDS + 1)}.`;
const complaint = (place: string) =>
  `${place}: ${MAX_WORDS + 1} words in a sentence, at most ${MAX_WORDS}: ${words(MAX_WORDS + 1)}`;

const inPage = (...lines: string[]) => longSentencesOfPage('docs/a.md', lines.join('\n'));
const inSource = (...lines: string[]) => longSentencesOfSource('a.ts', lines.join('\n'));

describe('longSentencesOfPage', () => {
  it('allows a sentence of 25 words, and names a longer one with its line', () => {
    expect(inPage('# A', '', allowed)).toEqual([]);
    expect(inPage('# A', '', 'Short.', tooLong)).toEqual([expect.stringContaining(complaint('docs/a.md:4'))]);
  });

  it('counts over line ends, and names the line where the sentence begins', () => {
    const found = inPage('One. Two', words(15), words(15) + '.');
    expect(found).toEqual([expect.stringMatching(/^docs\/a\.md:1: 31 words .*: Two w1 /)]);
  });

  it.each(['.', '!', '?', '.**', '."', '.)', '.`'])(
    'ends a sentence at %s, whatever letter follows',
    (end) => {
      expect(inPage(`${words(20)}${end} command-service ${words(20)}.`)).toEqual([]);
    },
  );

  it.each([':', ';', ',', ' -', ' e.g.', '...'])('ends no sentence at %s', (mark) => {
    expect(inPage(`${words(20)}${mark} Command ${words(20)}.`)).toHaveLength(1);
  });

  it('takes marks without a letter or a digit for no words', () => {
    expect(inPage(`${words(12)} - & ${words(12)} … \`.\` w25.`)).toEqual([]);
  });

  it('ends a sentence with its paragraph and with its item of a list', () => {
    expect(inPage(words(20), '', words(20))).toEqual([]);
    expect(inPage(`${words(20)}:`, `- ${words(20)}`, `- ${words(20)}`, `1. ${words(20)}`)).toEqual([]);
  });

  it('counts the words of an item, whose further lines are indented', () => {
    expect(inPage('10. Short.', '', `    ${words(20)}`, `    ${words(20)}`)).toHaveLength(1);
  });

  it('looks at no heading, table, code block or target of a link', () => {
    expect(inPage(`## ${words(30)}`, `| ${words(30)} |`, '```sh', words(30), '```')).toEqual([]);
    expect(inPage('Run:', '', `    ${words(30)}`, `    ${words(30)}`, '', 'Done.')).toEqual([]);
    expect(inPage(`${words(24)} [w25](https://example.com/a-b).`)).toEqual([]);
  });
});

describe('longSentencesOfSource', () => {
  it.each([
    ['a line', [`// ${tooLong}`]],
    ['several lines', [`  // ${words(10)}`, `  // ${words(16)}.`]],
    ['one line of a block', [`/** ${tooLong} */`]],
    ['a block', ['/**', ` * Short. ${words(10)}`, ` * ${words(16)}.`, ' */']],
    ['the end of a line', [`const a = 1; // ${tooLong}`]],
  ])('names a long sentence in %s', (_, lines) => {
    expect(inSource('', ...lines, 'code();')).toEqual([expect.stringContaining('26 words in a sentence')]);
  });

  it('looks at no code, and joins no comments over code', () => {
    expect(inSource(`const a = '${words(30)}';`)).toEqual([]);
    expect(inSource(`/** ${words(20)} */`, 'a();', `/** ${words(20)} */`, 'b();', `// ${words(20)}`)).toEqual(
      [],
    );
  });

  it('reads lists, tables and code in a comment as those of a page', () => {
    const list = [' * - ', ' * - '].map((mark) => `${mark}${words(20)}`);
    const code = [' * ```', ` * ${words(30)}`, ' * ```'];
    expect(inSource('/**', ` * ${words(20)}:`, ' *', ...list, ` * | ${words(30)} |`, ...code, ' */')).toEqual(
      [],
    );
  });
});
