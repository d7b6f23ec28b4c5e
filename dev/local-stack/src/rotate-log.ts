import { copyFileSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';

/** When a log is set aside, and how many older ones are kept beside it. */
export interface Rotation {
  readonly maxBytes: number;
  readonly kept: number;
}

/** At most 80 MB a service. */
export const ROTATION: Rotation = { maxBytes: 20_000_000, kept: 3 };

/**
 * Sets a log aside as FILE.1 once it is large enough, and what was FILE.1 as FILE.2, and so on. Its writer keeps the file open and
 * appends: so the log is copied and then emptied. A line that is written in between is lost. Gives whether it was set aside; when
 * the disk is full it is not, and the oldest is gone.
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
