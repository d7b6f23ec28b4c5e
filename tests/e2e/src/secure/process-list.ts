import { readdirSync, readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;

/** What the process list has shown. */
export interface ProcessList {
  /** The command lines of all processes of this machine that were there at one of the looks. */
  seen(): ReadonlySet<string>;
  /** Looks once more, by process id. */
  now(): ReadonlyMap<number, string>;
  stop(): void;
}

/** Looks at the process list all the time, so that processes of a moment are seen, too. */
export function watchProcessList(): ProcessList {
  const seen = new Set<string>();
  const now = () => {
    const lines = commandLines();
    for (const line of lines.values()) seen.add(line);
    return lines;
  };
  const looking = setInterval(now, LOOK_EVERY_MS);
  return { seen: () => seen, now, stop: () => clearInterval(looking) };
}

function commandLines(): ReadonlyMap<number, string> {
  const lines = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      lines.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
    } catch {
      // It has ended since the folder was read.
    }
  }
  return lines;
}
