import type { EventEnvelope } from '@meridian/contracts';

/** Writes rows under a header, columns padded; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = header.map((_, column) =>
    rows.every((row) => /^(–|(-?[\d.,]+( [A-Z]{3}| ms)?)?)$/.test(row[column] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** JSON of an answer. Bigints are decimal strings, because JavaScript's numbers cannot hold them. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part),
    2,
  );
}

/** Prints a line for the person at the terminal. */
export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** One event as a line of JSON: positions as decimal strings, the payload in base64. */
export function eventLine({ payload, ...event }: EventEnvelope): string {
  const line: unknown = JSON.parse(toJson({ ...event, payload: Buffer.from(payload).toString('base64') }));
  return JSON.stringify(line);
}

/** A text of somebody else as a terminal may show it: without the characters that move a cursor or hide what follows. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}
