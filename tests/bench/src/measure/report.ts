import { cpus, totalmem } from 'node:os';
import { reaches, type Comparison } from './compare.ts';
import { loadText } from './load.ts';

/** A line that could not be measured, and why. */
export interface NotMeasured {
  readonly name: string;
  readonly why: string;
}

const digits = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/**
 * A table for people: one line per comparison, lines that were not measured included. Below it is the CPU of each
 * process per operation.
 */
export function tableOf(comparisons: readonly Comparison[], notMeasured: readonly NotMeasured[]): string {
  const rows = comparisons.map((one) => [
    one.name,
    digits(one.value),
    `${digits(one.range[0])}–${digits(one.range[1])}`,
    `${one.kind === 'rate' ? '≥' : '≤'} ${one.goal}`,
    reaches(one) ? 'yes' : 'NO',
    `${digits(one.ours)} ${one.unit}`,
    `${digits(one.raw)} ${one.unit}`,
    one.load ? loadText(one.load) : 'as much as they can',
  ]);
  const head = ['measurement', 'ratio', 'range', 'goal', 'reached', 'ours', 'raw', 'load'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)];
  for (const { name, why } of notMeasured) lines.push(`${name}  not measured: ${why.split('\n')[0]}`);
  lines.push('', 'CPU-microseconds an operation, by process:');
  for (const { name, cpuMicros, notes } of comparisons) {
    lines.push(`  ${name}`, `    ours: ${cpuLine(cpuMicros.ours)}`, `    raw:  ${cpuLine(cpuMicros.raw)}`);
    for (const note of notes) lines.push(`    ${note}`);
  }
  return lines.join('\n');
}

function cpuLine(byProcess: Readonly<Record<string, number>>): string {
  return Object.entries(byProcess)
    .filter(([, micros]) => micros >= 0.5)
    .map(([name, micros]) => `${name} ${digits(micros)}`)
    .join(', ');
}

/** The machine, as far as it matters for speed. */
export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The results for programs, as JSON. */
export function toJson(comparisons: readonly Comparison[], notMeasured: readonly NotMeasured[]): string {
  const round = (value: number) => Number(value.toPrecision(4));
  const ratios = Object.fromEntries(
    comparisons.map(({ name, value, goal, kind, ours, raw, unit, range, load, cpuMicros, notes }) => [
      name,
      {
        value: round(value),
        goal,
        goalIs: kind === 'rate' ? 'at least' : 'at most',
        ours: round(ours),
        raw: round(raw),
        unit,
        range: range.map(round),
        load: load && { ...load, carried: round(load.carried) },
        cpuMicros,
        notes,
      },
    ]),
  );
  return JSON.stringify({ machine: machine(), ratios, notMeasured }, null, 2);
}
