import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Where a cut falls:
 *
 * - after-lock: when the server has locked what a transaction needs
 * - before-commit: before the server hears COMMIT
 * - after-commit: after the server has committed, and before the client hears the answer
 */
export type Cut = 'after-lock' | 'before-commit' | 'after-commit';

/** A proxy in front of MySQL that cuts the client off in a transaction. */
export interface CuttingProxy {
  readonly url: string;
  /** Cuts the next transaction. The server's side stays open, as after a network failure that it does not notice. */
  cutNext(cut: Cut): void;
  /** Cuts that happened. */
  cuts(): number;
  close(): Promise<void>;
}

/** Starts a proxy in front of the MySQL that a URL names. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port, username, password } = new URL(target);
  const sockets = new Set<Socket>();
  let armed: Cut | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port || 3306), hostname);
    let cutOff = false;
    const cut = () => {
      cutOff = true;
      cuts += 1;
      armed = undefined;
      client.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // What the test checks is what the unit of work makes of a broken connection.
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (data) => {
      const commits = data.includes(';\nCOMMIT');
      if (commits && armed === 'before-commit') return cut();
      const locks = data.includes('START TRANSACTION;');
      // Before the answer is passed on.
      if ((commits && armed === 'after-commit') || (locks && armed === 'after-lock'))
        upstream.prependOnceListener('data', cut);
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!cutOff) client.write(data);
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
  const user = password ? `${username}:${password}` : username;
  return {
    url: `mysql://${user}@127.0.0.1:${address.port}/`,
    cutNext(cut) {
      armed = cut;
    },
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
