import { writeFileSync } from 'node:fs';
import type { Reject } from './invoice-line.ts';

/** Writes the rejected lines: line number, reason, the line itself. A file without rejects has only the header. */
export function writeRejects(file: string, rejects: readonly Reject[]): void {
  const rows = rejects.map(({ lineNo, reason, raw }) => `${lineNo},${reason},"${raw.replaceAll('"', '""')}"`);
  writeFileSync(file, ['line,reason,content', ...rows, ''].join('\n'));
}
