import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Where a cut falls:
 *
 * - before: before the server hears the request
 * - after: after the server has heard it, and before the client hears the answer
 * - lateMs: before the server hears the request; it still hears the request, so long after its client has gone
 */
export type Cut = 'before' | 'after' | { readonly lateMs: number };

/** A request that was let through to the server after its client had gone. */
export interface LateRequest {
  /** When its client was cut off, Date.now(). */
  readonly cutAtMs: number;
  /** Date.now(). */
  readonly atMs: number;
  /** Whether the server took it: it had not ended the connection. */
  wasAnswered: boolean;
}

/** A proxy that cuts a client off in the middle of a request. */
export interface CuttingProxy {
  readonly port: number;
  /**
   * Cuts the next request that matches, by the proxy's own rule or by another; none, when undefined. The server's side stays open,
   * as after a failure that it does not notice.
   */
  cutNext(cut: Cut | undefined, matches?: (data: Buffer) => boolean): void;
  /** Cuts that happened. */
  cuts(): number;
  /** Requests that came late, when their time had come. */
  late(): readonly LateRequest[];
  close(): Promise<void>;
}

/** A transaction's last request. */
export const isCommit = (data: Buffer): boolean => data.includes('COMMIT');

/** The last request of a group of commands, which ends by asking for its positions. */
export const isGroupCommit = (data: Buffer): boolean => isCommit(data) && data.includes('AS head');

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
  let armed: { readonly cut: Cut; readonly matches: (data: Buffer) => boolean } | undefined;
  let cuts = 0;
  const late: LateRequest[] = [];
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let cutOff = false;
    let cutOnAnswer = false;
    let letThrough: LateRequest | undefined;
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
      const where = armed?.matches(data) ? armed.cut : undefined;
      if (where !== undefined) armed = undefined;
      if (where === 'before') return cut();
      if (typeof where === 'object') {
        cut();
        const cutAtMs = Date.now();
        return void setTimeout(() => {
          late.push((letThrough = { cutAtMs, atMs: Date.now(), wasAnswered: false }));
          if (upstream.writable) upstream.write(data);
        }, where.lateMs);
      }
      cutOnAnswer ||= where === 'after';
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (letThrough) letThrough.wasAnswered = true;
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
    cutNext: (cut, own = matches) => (armed = cut && { cut, matches: own }),
    cuts: () => cuts,
    late: () => late,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
