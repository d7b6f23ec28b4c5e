import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a replica and its database, and can be shut. */
export interface DatabaseGate {
  /** The database's URL, by way of the gate. */
  readonly url: string;
  /** Connections break, and new ones are refused. */
  shut(): void;
  /** Connections stand still, and new ones are taken and stand still: nothing is answered and nothing refused. */
  freeze(): void;
  open(): void;
  close(): Promise<void>;
}

/** Opens a gate on a free port of this machine. */
export async function openDatabaseGate(databaseUrl: string): Promise<DatabaseGate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isShut = false;
  let isFrozen = false;
  const server = createServer((client) => {
    if (isShut) return void client.destroy();
    // What a frozen server's system takes in its place is never read.
    if (isFrozen) return void sockets.add(client.on('error', () => client.destroy()));
    const database = connect(Number(target.port || 3306), target.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => database.destroy()).on('data', (data) => !isFrozen && database.write(data));
    database.on('close', () => client.destroy()).on('data', (data) => !isFrozen && client.write(data));
  });
  const shut = () => {
    isShut = true;
    for (const socket of sockets) socket.destroy();
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('the gate has no port');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    shut,
    freeze() {
      isFrozen = true;
    },
    open() {
      isShut = false;
      // As after dropped packets: what was under way while it was frozen never comes.
      if (isFrozen) for (const socket of sockets) socket.destroy();
      isFrozen = false;
    },
    async close() {
      shut();
      await once(server.close(), 'close');
    },
  };
}
