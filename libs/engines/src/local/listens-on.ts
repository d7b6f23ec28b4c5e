import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../process-identity.ts';

const listening = '0A';
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Linux gives a table page by page: a socket can slip through between two pages when others close meanwhile. */
const looks = 3;

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
 * cannot be told (without /proc).
 */
export function listensOn({ pid }: ProcessIdentity, port: number): boolean | undefined {
  try {
    return Array.from({ length: looks }).some(() => hasListeningSocket(pid, port));
  } catch {
    return undefined;
  }
}

function hasListeningSocket(pid: number, port: number): boolean {
  const sockets = new Set(tables.flatMap((path) => listeningSockets(readFileSync(path, 'utf8'), port)));
  return descriptors(pid).some((target) => sockets.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
}

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
