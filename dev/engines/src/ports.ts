import { createServer } from 'node:net';

const step = 100;
const attempts = 100;

/** Whether a server could listen on `host:port` now. Rejects when `host` is no address of this machine. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether this machine has the address. Linux has all of 127.0.0.0/8; other systems often have 127.0.0.1 alone. */
export async function isLocalAddress(host: string): Promise<boolean> {
  return isPortFree(0, host).catch(() => false);
}

export interface PortWish {
  readonly preferred: number;
  /** The port has to be free on each of these hosts. */
  readonly hosts: readonly string[];
}

/**
 * A port for every wish, free on all its hosts at the time of the check, and given to one wish only. The result is the
 * preferred port, else the first free port in steps of 100 above, so that ports stay recognisable. Rejects when there
 * is none. `held` ports are given to nobody even if they are free: something is about to be started again on these.
 */
export async function choosePorts<K extends string>(
  wishes: Readonly<Record<K, PortWish>>,
  held?: ReadonlySet<number>,
): Promise<Record<K, number>>;
export async function choosePorts(
  wishes: Readonly<Record<string, PortWish>>,
  held: ReadonlySet<number> = new Set(),
): Promise<Record<string, number>> {
  const taken = new Set<string>();
  const chosen: Record<string, number> = {};
  for (const [name, { preferred, hosts }] of Object.entries(wishes)) {
    const port = await firstFree(preferred, hosts, (host, at) => held.has(at) || taken.has(`${host}:${at}`));
    if (port === undefined)
      throw new Error(`No free port for ${name}: tried ${attempts} from ${preferred} on`);
    for (const host of hosts) taken.add(`${host}:${port}`);
    chosen[name] = port;
  }
  return chosen;
}

async function firstFree(
  preferred: number,
  hosts: readonly string[],
  isTaken: (host: string, port: number) => boolean,
) {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = preferred + attempt * step;
    if (port > 65_535) return undefined;
    if (hosts.some((host) => isTaken(host, port))) continue;
    const free = await Promise.all(hosts.map((host) => isPortFree(port, host)));
    if (free.every(Boolean)) return port;
  }
  return undefined;
}
