import { writeFileSync } from 'node:fs';
import type { Reject } from './invoice-line.ts';

/** Writes what was not taken: line number, reason, the line itself. An empty file says that everything was. */
export function writeRejects(file: string, rejects: readonly Reject[]): void {
  const rows = rejects.map(({ lineNo, reason, raw }) => `${lineNo},${reason},"${raw.replaceAll('"', '""')}"`);
  writeFileSync(file, ['line,reason,content', ...rows, ''].join('\n'));
}
