import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../process-identity.ts';

const listening = '0A';
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/**
 * Linux gives the table page by page. A row can be missed between two pages while other processes open and close ports.
 * So one reading proves what it shows, and never that something is missing. This many readings that show the port
 * without our socket count as proof that the process does not listen.
 */
const looksAtOthers = 5;
/** This many readings that do not show the port at all count as proof that no process listens on it. */
const looksAtNobody = 50;

/** The sockets that listen on a port, from a table in the form of Linux's /proc/net/tcp. */
export function listeningSockets(table: string, port: number): string[] {
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  return rows.flatMap(([, local = '', , state, , , , , , inode]) => {
    const isIt = state === listening && parseInt(local.split(':')[1] ?? '', 16) === port;
    return isIt && inode !== undefined ? [inode] : [];
  });
}

/**
 * Whether exactly this process listens on a TCP port of any address: another process may be answering there. Undefined
 * where this cannot be determined (without /proc). `read` gives the current tables of sockets at each call.
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
      // The socket was closed in the meantime.
      return [];
    }
  });
}
