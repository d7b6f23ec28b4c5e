import { writeSync } from 'node:fs';

/** Where log lines go. It never throws: a line that cannot be written is lost, and counted. */
export interface LogOutput {
  write(line: string): void;
  /** Tells how many lines were lost so far, and of every one from now on. */
  onLost(lost: (lines: number) => void): void;
}

const PATIENCE_MS = 200;
const PAUSE_MS = 5;
const NEWLINE = 10;

const sleeping = new Int32Array(new SharedArrayBuffer(4));
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY');

/** Writes bytes whole. Gives how many were written when that fails, or when their reader takes nothing for `patienceMs`. */
function written(fd: number, bytes: Uint8Array, patienceMs: number): number {
  const endMs = performance.now() + patienceMs;
  let count = 0;
  while (count < bytes.length) {
    try {
      count += writeSync(fd, bytes, count);
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endMs) return count;
      Atomics.wait(sleeping, 0, 0, PAUSE_MS);
    }
  }
  return count;
}

/**
 * Writes log lines to a file descriptor, each at once: what is still on its way out would be lost when the process ends. A full
 * disk, a reader that is gone, or one that does not read loses lines and nothing else. (Pino's own destination makes an `error`
 * event of a failed write, keeps what it could not write without a bound, and waits for a full disk for ever after `fatal`.)
 */
export function logOutput(fd: number): LogOutput {
  let lostLines = 0;
  let told: ((lines: number) => void) | undefined;
  let isTorn = false;
  let isLosing = false;
  return {
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      // Whoever did not read the last line is not waited for again: the service has other work.
      const count = written(fd, bytes, isLosing ? 0 : PATIENCE_MS);
      isLosing = count < bytes.length;
      if (count > 0) isTorn = bytes[count - 1] !== NEWLINE;
      if (!isLosing) return;
      lostLines += 1;
      told?.(1);
    },
    onLost(lost) {
      told = lost;
      if (lostLines > 0) lost(lostLines);
    },
  };
}
