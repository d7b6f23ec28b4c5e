import type { Tree } from './tree.ts';

export const DECISIONS_FOLDER = 'docs/decisions';
const index = `${DECISIONS_FOLDER}/README.md`;

/** The sections of every decision, in this order; docs/decisions/template.md says what belongs into each. */
const SECTIONS = ['## Context', '## Decision', '## Consequences', '## Also considered'];
const status = /^- Status: (?:proposed|accepted|superseded by \[\d{4}\]\(\S+\))$/m;
const date = /^- Date: \d{4}-\d{2}-\d{2}$/m;

/** What is wrong with the form of one decision, whose file is named by its number and a few words. */
function problemsOfForm(file: string, tree: Tree): string[] {
  const text = tree.read(`${DECISIONS_FOLDER}/${file}`);
  const title = text.split('\n')[0] ?? '';
  const sections = tree
    .page(`${DECISIONS_FOLDER}/${file}`)
    .headings.map((heading) => heading.text)
    .filter((heading) => heading.startsWith('## '));
  return [
    ...(title.startsWith(`# ${file.slice(0, 4)} `)
      ? []
      : [`the title must begin with "# ${file.slice(0, 4)} "`]),
    ...(status.test(text) ? [] : ['no line "- Status: proposed|accepted|superseded by [NUMBER](FILE)"']),
    ...(date.test(text) ? [] : ['no line "- Date: YYYY-MM-DD"']),
    ...(sections.join() === SECTIONS.join() ? [] : [`the sections must be: ${SECTIONS.join(', ')}`]),
  ];
}

/** Whether the index has the decision, under its own title. */
function problemsOfEntry(file: string, tree: Tree): string[] {
  const title = (tree.read(`${DECISIONS_FOLDER}/${file}`).split('\n')[0] ?? '').replace(/^# /, '');
  return tree.read(index).includes(`[${title}](${file})`)
    ? []
    : [`${index} has no entry "[${title}](${file})"`];
}

/** Numbers up to the highest one that no decision has and of which the index says nothing. */
function unexplainedGaps(files: readonly string[], tree: Tree): string[] {
  const used = new Set(files.map((file) => Number(file.slice(0, 4))));
  const numbers = Array.from({ length: Math.max(0, ...used) }, (_, n) => n + 1);
  const said = tree.read(index);
  return numbers
    .map((number) => ({ number, name: `${number}`.padStart(4, '0') }))
    .filter(({ number, name }) => !used.has(number) && !said.includes(name))
    .map(({ name }) => `${index}: nothing is said about the missing number ${name}`);
}

/** What is wrong with the decisions: their form, their entries in the index, two of one number, gaps without a word. */
export function problemsOfDecisions(files: readonly string[], tree: Tree): string[] {
  const twice = files.filter((file, n) =>
    files.slice(0, n).some((other) => other.slice(0, 4) === file.slice(0, 4)),
  );
  return [
    ...files.flatMap((file) =>
      [...problemsOfForm(file, tree), ...problemsOfEntry(file, tree)].map(
        (problem) => `${DECISIONS_FOLDER}/${file}: ${problem}`,
      ),
    ),
    ...twice.map((file) => `${DECISIONS_FOLDER}/${file}: another decision has this number`),
    ...unexplainedGaps(files, tree),
  ];
}
