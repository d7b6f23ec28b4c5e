// What is checked of the files that are staged; .githooks/pre-commit runs it. Prettier writes, all else only looks.
export default {
  '*': 'prettier --write --ignore-unknown --log-level=warn',
  '*.{ts,mjs}': 'eslint --max-warnings 0 --no-warn-ignored',
  // Links of other pages may point to a page that moved, so all pages are looked at.
  '*.md': () => 'node tools/docs/check.ts',
};
