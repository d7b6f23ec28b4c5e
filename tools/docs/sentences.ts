import { proseLines, type Found } from './markdown.ts';

/** The longest sentence that a page or a comment may have, in words. */
export const MAX_WORDS = 25;

const listItem = /^\s*(?:[-*+]|\d+\.)\s+/;
/** Headings, rows of tables, comments of HTML, and comments that speak to a tool. */
const noProse = /^\s*(?:#{1,6}\s|\||<!--|eslint-|prettier-ignore|@ts-|@type\b)/;
const sentenceEnd = /(?<!\.\.)[.!?]["'”’)\]*_`]*$/;
const abbreviation = /^["'(]*(?:e\.g|i\.e|vs)\.$/;
const linkTarget = /\]\([^()\s]*\)/g;

/** The lines of a page; what is in code blocks is left empty. */
function linesOfPage(text: string): string[] {
  let isCode = false;
  let isAfterBlank = true;
  let isInList = false;
  return proseLines(text).map((line) => {
    const isIndented = /^ {4}/.test(line);
    if (listItem.test(line) && !(isIndented && !isInList)) isInList = true;
    else if (/^\S/.test(line)) isInList = false;
    // Four spaces after an empty line begin a block of code. In a list they continue an item.
    isCode = isIndented && !isInList && (isCode || isAfterBlank);
    isAfterBlank = line.trim() === '';
    return isCode ? '' : line;
  });
}

/** The comments of a source as the lines of a page: what is not a comment is empty. */
function commentsOf(source: string): string[] {
  let isInBlock = false;
  return source.split('\n').map((line) => {
    const opened = /^\s*\/\*\*?(?!\/)(.*)$/.exec(line)?.[1];
    const inside = opened ?? (isInBlock ? line.replace(/^\s*\*? ?/, '') : undefined);
    if (inside !== undefined) {
      isInBlock = !line.includes('*/');
      return inside.replace(/^\/$/, '').replace(/\s*\*\/.*$/, '');
    }
    return /^\s*\/\/ ?(.*)$/.exec(line)?.[1] ?? /^[^'"`]*\s\/\/ (.*)$/.exec(line)?.[1] ?? '';
  });
}

/** The words of each paragraph, and of each item of a list, with their marks and the lines where they stand. */
function paragraphsOf(lines: readonly string[]): Found[][] {
  const paragraphs: Found[][] = [[]];
  for (const [index, line] of lines.entries()) {
    const isProse = line.trim() !== '' && !noProse.test(line);
    if (!isProse || listItem.test(line)) paragraphs.push([]);
    if (!isProse) continue;
    const words = line.replace(listItem, '').replace(linkTarget, ']').split(/\s+/);
    paragraphs.at(-1)?.push(...words.filter(Boolean).map((text) => ({ text, line: index + 1 })));
  }
  return paragraphs;
}

/** Cuts the words of a paragraph after each full stop, question mark and exclamation mark. */
function sentencesOf(words: readonly Found[]): Found[][] {
  const sentences: Found[][] = [[]];
  for (const word of words) {
    sentences.at(-1)?.push(word);
    if (sentenceEnd.test(word.text) && !abbreviation.test(word.text)) sentences.push([]);
  }
  return sentences;
}

function longOnes(path: string, lines: readonly string[]): string[] {
  return paragraphsOf(lines)
    .flatMap(sentencesOf)
    .flatMap((words) => {
      const count = words.filter(({ text }) => /[\p{L}\p{N}]/u.test(text)).length;
      if (count <= MAX_WORDS) return [];
      const sentence = words.map(({ text }) => text).join(' ');
      return [`${path}:${words[0]?.line}: ${count} words in a sentence, at most ${MAX_WORDS}: ${sentence}`];
    });
}

/**
 * The sentences of a page that are too long, a line per sentence: `page:line: …`. Headings, tables and code blocks are
 * not looked at. A colon or a semicolon ends no sentence; an item of a list ends one.
 */
export function longSentencesOfPage(path: string, text: string): string[] {
  return longOnes(path, linesOfPage(text));
}

/** The same for the comments of a source, in TypeScript, JavaScript or proto. */
export function longSentencesOfSource(path: string, source: string): string[] {
  return longOnes(path, linesOfPage(commentsOf(source).join('\n')));
}
