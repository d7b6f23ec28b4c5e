import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A proxy that holds a request back for a while and lets it go on late, or loses it. */
export interface HoldingProxy {
  readonly port: number;
  /** Holds the next request that matches for so long, with all that follows it on its connection. */
  holdNext(ms: number): void;
  /** Loses the next request that matches, and all that follows it on its connection, without a word to its client. */
  loseNext(): void;
  /** Takes back a hold or a loss that has met no request yet. */
  letPass(): void;
  /** Requests that were held or lost. */
  held(): number;
  close(): Promise<void>;
}

/** A frame of Cassandra's protocol says at its fifth byte what it is; 13 is BATCH, as rows and progress are written. */
export const isCassandraWrite = (data: Buffer): boolean => data[4] === 13;

/** Starts a proxy in front of an address of this machine. */
export async function startHoldingProxy(
  target: { readonly host: string; readonly port: number },
  matches: (data: Buffer) => boolean,
): Promise<HoldingProxy> {
  const sockets = new Set<Socket>();
  let armed: { readonly ms: number } | 'lose' | undefined;
  let held = 0;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    let release = Promise.resolve();
    let lost = false;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (armed !== undefined && matches(data)) {
        held += 1;
        if (armed === 'lose') lost = true;
        else release = released(release, armed.ms);
        armed = undefined;
      }
      if (!lost) release = release.then(() => void upstream.write(data));
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
    holdNext: (ms) => (armed = { ms }),
    loseNext: () => (armed = 'lose'),
    letPass: () => (armed = undefined),
    held: () => held,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function released(before: Promise<void>, ms: number): Promise<void> {
  await before;
  await pause(ms);
}
