import { copyFileSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';

/** When a log is rotated, and how many older logs are kept. */
export interface Rotation {
  readonly maxBytes: number;
  readonly kept: number;
}

/** At most 80 MB per service. */
export const ROTATION: Rotation = { maxBytes: 20_000_000, kept: 3 };

/**
 * Rotates a log once it is large enough: the log becomes FILE.1, FILE.1 becomes FILE.2, and so on. The log's writer
 * keeps the file open and appends, so the log is copied and then emptied. A line that is written in between is lost.
 * Answers whether the log was rotated. On a full disk the log is not rotated, and the oldest log is lost.
 */
export function rotateLog(file: string, { maxBytes, kept }: Rotation = ROTATION): boolean {
  if (!existsSync(file) || statSync(file).size < maxBytes) return false;
  const older = (number: number) => `${file}.${number}`;
  rmSync(older(kept), { force: true });
  for (let number = kept - 1; number >= 1; number -= 1)
    if (existsSync(older(number))) renameSync(older(number), older(number + 1));
  try {
    copyFileSync(file, older(1));
  } catch {
    rmSync(older(1), { force: true });
    return false;
  }
  truncateSync(file, 0);
  return true;
}
