import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import type { MysqlPool } from '@meridian/mysql';
import {
  createKeyCopies,
  createKeyStore,
  ensureKeyCopies,
  startKeyCopier,
  type KeyCopier,
  type KeyStore,
  type MasterKey,
} from '@meridian/sealing';

/** Keeps the customers' keys: makes, destroys and copies them. */
export interface KeyKeeping {
  readonly store: KeyStore;
  /** There may be keys to copy. */
  wake(): void;
  stop(): Promise<void>;
}

/** What keeping keys needs. */
export interface KeyKeepingOptions {
  /** For what callers need of a key. */
  readonly pool: MysqlPool;
  /** For the copier and the sweep, which take long. */
  readonly backgroundPool: MysqlPool;
  readonly keysSchema: string;
  readonly ordersSchema: string;
  readonly masterKey: MasterKey;
  readonly cassandra: { readonly contactPoints: readonly string[]; readonly localDataCenter: string };
  readonly keyspace: string;
  readonly sweepMs?: number;
  readonly log: { warn(fields: object, message: string): void };
}

const RETRY_MS = 1_000;

/** Starts the copier and the sweep. Neither holds up a command: while Cassandra is away, keys wait to be copied. */
export function startKeyKeeping(options: KeyKeepingOptions): KeyKeeping {
  const { pool, backgroundPool, keysSchema, ordersSchema, masterKey, log, sweepMs = 30_000 } = options;
  const store = createKeyStore(pool, keysSchema, masterKey);
  const sweeping = createKeyStore(backgroundPool, keysSchema, masterKey);
  let copier: KeyCopier | undefined;
  let session: CassandraSession | undefined;
  let stopped = false;

  async function connect(): Promise<void> {
    session = await connectCassandra(options.cassandra);
    await ensureKeyCopies(session, options.keyspace);
    const copies = createKeyCopies(session, options.keyspace, masterKey);
    const onError = (error: unknown) =>
      log.warn({ err: error }, 'keys could not be copied to the regions; trying again');
    if (!stopped) copier = startKeyCopier({ pool: backgroundPool, schema: keysSchema, copies, onError });
  }

  async function connectUntilItWorks(): Promise<void> {
    while (!stopped && !copier) {
      await connect().catch(async (error: unknown) => {
        log.warn({ err: error }, 'the regions cannot be reached: keys wait to be copied');
        await session?.close().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      });
    }
  }

  const sweep = () =>
    sweeping.destroyKeysOfErased(ordersSchema).then(
      (count) => (count > 0 ? copier?.wake() : undefined),
      (error: unknown) =>
        log.warn({ err: error }, 'keys of erased customers could not be swept; trying again'),
    );
  const connecting = connectUntilItWorks();
  void sweep();
  const timer = setInterval(() => void sweep(), sweepMs);

  return {
    store,
    wake: () => copier?.wake(),
    async stop() {
      stopped = true;
      clearInterval(timer);
      await connecting;
      await copier?.stop();
      await session?.close();
    },
  };
}
