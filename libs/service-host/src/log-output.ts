import { writeSync } from 'node:fs';

/** Where log lines go. Writing never throws: a line that cannot be written is lost, and counted. */
export interface LogOutput {
  write(line: string): void;
  /** Reports how many lines were lost so far, and every lost line from now on. */
  onLost(lost: (lines: number) => void): void;
}

const PATIENCE_MS = 200;
const PAUSE_MS = 5;
const NEWLINE = 10;

const sleeping = new Int32Array(new SharedArrayBuffer(4));
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY');

/**
 * Writes all bytes. When that fails, or when the reader takes nothing for `patienceMs`, answers how many bytes were
 * written.
 */
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
 * Writes log lines to a file descriptor, each at once: buffered lines would be lost when the process ends. A full disk,
 * a closed pipe or a reader that does not read costs log lines and nothing else. (Pino's own destination turns a failed
 * write into an `error` event. It keeps unwritten lines without a bound. After `fatal` it waits for a full disk without
 * end.)
 */
export function logOutput(fd: number): LogOutput {
  let lostLines = 0;
  let told: ((lines: number) => void) | undefined;
  let isTorn = false;
  let isLosing = false;
  return {
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      // The service does not wait again for a reader that did not read the last line: it has other work.
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
