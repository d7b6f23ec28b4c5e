import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../process-identity.ts';

const listening = '0A';
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/**
 * Linux gives a table page by page, and a row can slip through between two pages while others open and close ports. Therefore
 * one look proves what it shows, and never that something is missing. So many looks that show the port and not our socket
 * count as proof that the process does not listen.
 */
const looksAtOthers = 5;
/** So many looks that do not show the port at all count as proof that nobody listens on it. */
const looksAtNobody = 50;

/** The sockets that listen on a port, of a table as Linux keeps it in /proc/net/tcp. */
export function listeningSockets(table: string, port: number): string[] {
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  return rows.flatMap(([, local = '', , state, , , , , , inode]) => {
    const isIt = state === listening && parseInt(local.split(':')[1] ?? '', 16) === port;
    return isIt && inode !== undefined ? [inode] : [];
  });
}

/**
 * Whether that very process listens on a TCP port of any address: what answers there may be somebody else's. Undefined where it
 * cannot be told (without /proc). `read` gives the tables of sockets, each time as they are then.
 */
export function listensOn(
  { pid }: ProcessIdentity,
  port: number,
  read: () => readonly string[] = readTables,
): boolean | undefined {
  try {
    let others = 0;
    for (let look = 0; look < looksAtNobody && others < looksAtOthers; look += 1) {
      const sockets = new Set(read().flatMap((table) => listeningSockets(table, port)));
      if (sockets.size === 0) continue;
      if (hasOneOf(pid, sockets)) return true;
      others += 1;
    }
    return false;
  } catch {
    return undefined;
  }
}

const readTables = (): string[] => tables.map((path) => readFileSync(path, 'utf8'));

const hasOneOf = (pid: number, sockets: ReadonlySet<string>): boolean =>
  descriptors(pid).some((target) => sockets.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));

function descriptors(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // It was closed since.
      return [];
    }
  });
}
