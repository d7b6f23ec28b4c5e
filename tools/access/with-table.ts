const BEGIN = '<!-- access-table -->\n';
const END = '\n<!-- /access-table -->';

/** The page with the table between its two marks. Throws when a mark is missing. */
export function withTable(page: string, table: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error('the page has lost the marks between which the access table stands');
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`;
}
