import { STAFF_ROLES } from './roles.ts';
import { METHOD_RULES, type AnyRule, type MethodRule } from './table.ts';

const CUSTOMER_CELL: Readonly<Record<AnyRule['customer']['kind'], string>> = {
  never: '',
  public: 'yes',
  named: 'own: named',
  shown: 'own: shown',
  decided: 'own: decided',
};

/** The access table as Markdown: a table per service, a row per method, a column per role. */
export function accessTableMarkdown(): string {
  const services = Map.groupBy(METHOD_RULES, ({ service }) => service);
  const tables = [...services].map(([service, rules]) => tableOf(service, rules));
  return tables.join('\n\n');
}

function tableOf(service: string, rules: readonly MethodRule[]): string {
  const heading = [`\`${service}\``, 'customer', ...STAFF_ROLES];
  const rows = rules.map(({ method, rule }) => [
    `\`${method}\``,
    CUSTOMER_CELL[rule.customer.kind],
    ...STAFF_ROLES.map((role) => (rule.staff.includes(role) ? 'yes' : '')),
  ]);
  return [...aligned([heading, ...rows]), ...reservedOf(rules)].join('\n');
}

function reservedOf(rules: readonly MethodRule[]): readonly string[] {
  const told = rules.flatMap(({ method, rule }) =>
    (rule.reserved ?? []).map(
      ({ field, roles }) => `Only ${roles.join(', ')} may set \`${field}\` of \`${method}\`.`,
    ),
  );
  return told.length > 0 ? ['', ...told] : [];
}

/** Rows of a Markdown table, padded as the formatter pads them. */
function aligned([heading = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(heading), rule, ...rows.map(line)];
}
