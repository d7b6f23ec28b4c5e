import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/**
 * CPU-seconds that a process has used so far, all threads, user and system; 0 for a process that is gone. Linux only.
 */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold any character; fields are counted from the closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Counts from now on; the returned function gives the use of each process since then. */
export function startCpuCount(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, seconds: cpuSecondsOf(pid) }));
  return () =>
    Object.fromEntries(
      before.map(({ name, pid, seconds }) => [name, Math.max(0, cpuSecondsOf(pid) - seconds)]),
    );
}

/** The use of all processes together. */
export function totalOf(cpuSeconds: Readonly<Record<string, number>>): number {
  return Object.values(cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
}
