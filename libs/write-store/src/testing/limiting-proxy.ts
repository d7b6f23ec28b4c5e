import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** How it refuses a request: as MySQL does, with an error before it closes the connection, or by the closing alone. */
export type Refusal = 'by an error' | 'by closing';

/** A proxy in front of MySQL that takes no request above a size of its own. */
export interface LimitingProxy {
  readonly url: string;
  /** Requests that it refused. */
  refused(): number;
  close(): Promise<void>;
}

/** Starts a proxy in front of the MySQL that a URL names. A request is one packet here: less than 16 MiB. */
export async function startLimitingProxy(
  target: string,
  { maxBytes, refusal }: { readonly maxBytes: number; readonly refusal: Refusal },
): Promise<LimitingProxy> {
  const { hostname, port, username, password } = new URL(target);
  const sockets = new Set<Socket>();
  let refused = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port || 3306), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    let pending = Buffer.alloc(0);
    let isOver = false;
    client.on('data', (data: Buffer) => {
      if (isOver) return;
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4) {
        const length = pending.readUIntLE(0, 3);
        if (length > maxBytes) {
          isOver = true;
          refused += 1;
          if (refusal === 'by an error') client.end(tooLarge(pending.readUInt8(3) + 1));
          else client.destroy();
          return;
        }
        if (pending.length < 4 + length) return;
        upstream.write(pending.subarray(0, 4 + length));
        pending = pending.subarray(4 + length);
      }
    });
    upstream.on('data', (data) => client.write(data));
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const user = password ? `${username}:${password}` : username;
  return {
    url: `mysql://${user}@127.0.0.1:${address.port}/`,
    refused: () => refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

/** MySQL's packet for error 1153. */
function tooLarge(sequence: number): Buffer {
  const text = Buffer.from("#08S01Got a packet bigger than 'max_allowed_packet' bytes");
  const packet = Buffer.alloc(4 + 3 + text.length);
  packet.writeUIntLE(3 + text.length, 0, 3);
  packet.writeUInt8(sequence, 3);
  packet.writeUInt8(0xff, 4);
  packet.writeUInt16LE(1153, 5);
  text.copy(packet, 7);
  return packet;
}
