import { NewProblem } from './problem.ts';
import type { ShownKind } from './question-parts.ts';

/** A column of a planned table. */
export interface Column {
  readonly name: string;
  readonly kind: ShownKind;
}

interface Placeholder {
  /** What the generated projection writes until a person says better. */
  readonly code: string;
  /** The same as the golden output has it. */
  readonly golden: (event: { readonly type: string; readonly time: Date }) => unknown;
}

const PLACEHOLDERS: Readonly<Record<ShownKind, Placeholder>> = {
  text: { code: 'event.type', golden: ({ type }) => type },
  bigint: { code: '0n', golden: () => '0n' },
  int: { code: '0', golden: () => 0 },
  boolean: { code: 'false', golden: () => false },
  timestamp: { code: 'event.time', golden: ({ time }) => time },
};

const KINDS = Object.keys(PLACEHOLDERS).join(', ');
const isKind = (kind: string): kind is ShownKind => Object.hasOwn(PLACEHOLDERS, kind);
const USUAL: Column = { name: 'last_event', kind: 'text' };
const MOST = 30;

/** Reads `--columns status:text,placed_at:timestamp`. `taken` are names that the table has already. */
export function columnsOf(text: string | undefined, ...taken: readonly string[]): readonly Column[] {
  if (text === undefined) return [USUAL];
  const columns = text.split(',').map((part) => {
    const [name = '', kind = '', ...more] = part.split(':');
    if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name) || more.length > 0)
      throw new NewProblem(`--columns: "${part}" is no column: write name:kind, such as placed_at:timestamp`);
    if (!isKind(kind)) throw new NewProblem(`--columns: ${name} must be one of ${KINDS}`);
    return { name, kind };
  });
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => taken.includes(name) || names.indexOf(name) < index);
  if (twice !== undefined) throw new NewProblem(`--columns: the table has ${twice} already`);
  if (columns.length > MOST) throw new NewProblem(`--columns: ${MOST} columns at most`);
  return columns;
}

/** The columns as a table declares them. */
export function declared(columns: readonly Column[]): string {
  return columns.map(({ name, kind }) => `${name}: '${kind}'`).join(', ');
}

/** The cells that the generated projection writes, as code. */
export function placeholderCode(columns: readonly Column[]): string {
  return columns.map(({ name, kind }) => `${name}: ${PLACEHOLDERS[kind].code}`).join(', ');
}

/** The same cells as golden output has them, in JSON. */
export function goldenCells(columns: readonly Column[], type: string, time: Date): Record<string, unknown> {
  return Object.fromEntries(
    columns.map(({ name, kind }) => [name, PLACEHOLDERS[kind].golden({ type, time })]),
  );
}
