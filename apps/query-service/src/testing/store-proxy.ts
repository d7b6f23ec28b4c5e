import { connect, createServer, type Socket } from 'node:net';

/** Stands between a service and its region's store, and does to the way between them what outages do. */
export interface StoreProxy {
  /** `host:port` to connect to instead of the store. */
  readonly address: string;
  /** Nothing comes through any more, and nobody is told: as when the store's process is stopped, or its host gone. */
  silence(): void;
  /** Connections break and new ones are refused: as when the store's process has ended. */
  cut(): void;
  /** All is well again. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of this machine. */
export async function startStoreProxy(target: string): Promise<StoreProxy> {
  const [host = '', port = ''] = target.split(':');
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'well' | 'silent' | 'cut' = 'well';
  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy();
    const store = connect(Number(port), host);
    const pair = [client, store] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      store.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    pass(client, store);
    pass(store, client);
  });
  function pass(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (state !== 'silent') to.write(bytes);
    });
  }
  const breakAll = () => {
    for (const [client] of pairs) client.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    address: `127.0.0.1:${address.port}`,
    silence() {
      state = 'silent';
    },
    cut() {
      state = 'cut';
      breakAll();
    },
    heal() {
      // What was swallowed is missing: connections that it was on are of no use any more.
      if (state === 'silent') breakAll();
      state = 'well';
    },
    async close() {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
