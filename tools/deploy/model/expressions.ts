const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
/** What stands in brackets after these is names of labels. */
const LABEL_LISTS = /\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const SELECTORS = /\{[^}]*\}/g;
const DURATIONS = /\[[^\]]*\]/g;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/g;
const WORDS = new Set([
  'and',
  'or',
  'unless',
  'by',
  'without',
  'on',
  'ignoring',
  'bool',
  'offset',
  'inf',
  'nan',
  'group_left',
  'group_right',
]);

/** The metrics that an expression of PromQL names; what is called as a function is none, nor is an operator. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(STRINGS, '')
    .replaceAll(/#.*$/gm, '')
    .replaceAll(LABEL_LISTS, ' ')
    .replaceAll(SELECTORS, ' ')
    .replaceAll(DURATIONS, ' ')
    .replaceAll(/\$\w+/g, ' ');
  const found = [...bare.matchAll(NAME)].flatMap(({ 0: name, index }) => {
    const follows = bare.slice(index + name.length).trimStart();
    const isPartOfNumber = /[0-9.]$/.test(bare.slice(0, index));
    return follows.startsWith('(') || WORDS.has(name.toLowerCase()) || isPartOfNumber ? [] : [name];
  });
  return [...new Set(found)];
}
