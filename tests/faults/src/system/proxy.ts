import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Where a cut falls: before the server hears the request, or after it did and before the client hears the answer. */
export type Cut = 'before' | 'after';

/** A proxy that cuts a client off in the middle of a request. */
export interface CuttingProxy {
  readonly port: number;
  /** Cuts the next request that matches. The server's side stays open, as after a failure that it does not notice. */
  cutNext(cut: Cut): void;
  /** Cuts that happened. */
  cuts(): number;
  close(): Promise<void>;
}

/** A transaction's last request. */
export const isCommit = (data: Buffer): boolean => data.includes('COMMIT');

/** A Kafka request is four bytes of length and two of its kind; kind 0 is Produce. */
export const isProduce = (data: Buffer): boolean => data.length > 8 && data.readInt16BE(4) === 0;

/** Kind 8 is OffsetCommit. */
export const isOffsetCommit = (data: Buffer): boolean => data.length > 8 && data.readInt16BE(4) === 8;

/** Starts a proxy in front of a port of this machine. */
export async function startCuttingProxy(
  targetPort: number,
  matches: (data: Buffer) => boolean,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let armed: Cut | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let cutOff = false;
    let cutOnAnswer = false;
    const cut = () => {
      cutOff = true;
      cuts += 1;
      client.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      const where = armed !== undefined && matches(data) ? armed : undefined;
      if (where !== undefined) armed = undefined;
      if (where === 'before') return cut();
      cutOnAnswer ||= where === 'after';
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (cutOff) return;
      if (cutOnAnswer) cut();
      else client.write(data);
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => {
      if (!cutOff) upstream.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    cutNext: (cut) => (armed = cut),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
