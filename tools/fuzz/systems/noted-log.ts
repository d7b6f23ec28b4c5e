import type { Log } from '@meridian/kernel';
import { inspect } from 'node:util';

/** A log that keeps its lines until they are looked at. */
export interface NotedLog extends Log {
  /** The lines since the last call, each with its level. At most 1,000 are kept. */
  take(): readonly string[];
}

const MOST_LINES = 1_000;

/** Keeps every line as it would be printed, with all fields. */
export function notedLog(): NotedLog {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (fields: object, message: string): void => {
      if (lines.length < MOST_LINES) lines.push(`${level}: ${message} ${inspect(fields, { depth: 6 })}`);
    };
  return { info: note('info'), warn: note('warn'), error: note('error'), take: () => lines.splice(0) };
}
