import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A proxy that holds a request back for a while and then lets it go on: late, long after its client gave up. */
export interface HoldingProxy {
  readonly port: number;
  /** Holds the next request that matches for so long, with all that follows it on its connection. */
  holdNext(ms: number): void;
  /** Requests that were held. */
  held(): number;
  close(): Promise<void>;
}

/** A frame of Cassandra's protocol says at its fifth byte what it is; 10 is EXECUTE and 13 is BATCH. */
export const isCassandraWrite = (data: Buffer): boolean => data[4] === 13 || data[4] === 10;

/** Starts a proxy in front of an address of this machine. */
export async function startHoldingProxy(
  target: { readonly host: string; readonly port: number },
  matches: (data: Buffer) => boolean,
): Promise<HoldingProxy> {
  const sockets = new Set<Socket>();
  let armedMs: number | undefined;
  let held = 0;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    let release = Promise.resolve();
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (armedMs !== undefined && matches(data)) {
        const ms = armedMs;
        armedMs = undefined;
        held += 1;
        release = release.then(() => new Promise((resolve) => setTimeout(resolve, ms)));
      }
      release = release.then(() => void upstream.write(data));
    });
    upstream.on('data', (data) => client.write(data));
    upstream.on('close', () => client.destroy());
    // What was held still arrives when its client has gone.
    client.on('close', () => void release.then(() => upstream.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    holdNext: (ms) => (armedMs = ms),
    held: () => held,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
