import { connectCassandra, type CassandraSecurity } from '@meridian/cassandra';
import type { Log } from '@meridian/kernel';
import type { MysqlPool } from '@meridian/mysql';
import {
  countInLine,
  createErasures,
  createKeyCopies,
  createKeyStore,
  ensureKeyCopies,
  startKeyCare,
  startKeyCopier,
  type Erasures,
  type KeysInLine,
  type KeyStore,
  type MasterKey,
  type RegionCopies,
} from '@meridian/sealing';

/** Keeps the customers' keys: makes, destroys and copies them. */
export interface KeyKeeping {
  readonly store: KeyStore;
  /** Where erasures are done. */
  readonly erasures: Erasures;
  /** There may be keys to copy. */
  wake(): void;
  /** How many keys each region lacks. */
  inLine(): Promise<KeysInLine>;
  stop(): Promise<void>;
}

/** What keeping keys needs. */
export interface KeyKeepingOptions {
  /** The pool that commands use. */
  readonly pool: MysqlPool;
  /** A pool for copying and looking after the keys, so that this work waits for no command and holds up none. */
  readonly backgroundPool: MysqlPool;
  readonly keysSchema: string;
  readonly ordersSchema: string;
  readonly masterKey: MasterKey;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** Nodes of the home region. */
  readonly contactPoints: readonly string[];
  readonly security?: CassandraSecurity | undefined;
  readonly keyspace: string;
  readonly log: Pick<Log, 'warn'>;
}

const FOREIGN_EVERY_MS = 3_600_000;

/**
 * Names the regions in the key store, then starts to copy and to look after the keys. Neither holds up a command: while a region is
 * away, its keys wait to be copied. Rejects when MySQL does not answer.
 */
export async function startKeyKeeping(options: KeyKeepingOptions): Promise<KeyKeeping> {
  const { backgroundPool: pool, keysSchema: schema, ordersSchema, regions, masterKey, log } = options;
  const { contactPoints, security, keyspace } = options;

  async function connect(region: string): Promise<RegionCopies> {
    const session = await connectCassandra({ contactPoints, security, localDataCenter: region });
    try {
      if (region === regions[0]) await ensureKeyCopies(session, keyspace);
    } catch (error) {
      await session.close();
      throw error;
    }
    return { copies: createKeyCopies(session, keyspace, masterKey), close: () => session.close() };
  }

  let foreignToldAtMs = -Infinity;
  const care = await startKeyCare({
    pool,
    schema,
    ordersSchema,
    regions,
    onForeign() {
      if (performance.now() - foreignToldAtMs < FOREIGN_EVERY_MS) return;
      foreignToldAtMs = performance.now();
      log.warn({ schema, ordersSchema }, 'the keys are of other customers: those without one are left alone');
    },
    onError: (error) => log.warn({ err: error }, 'the keys could not be looked after; trying again'),
  });
  const copier = startKeyCopier({
    pool,
    schema,
    regions,
    connect,
    onError: (error, region) =>
      log.warn({ err: error, region }, 'keys could not be copied to a region; trying again'),
  });
  return {
    store: createKeyStore(options.pool, schema, masterKey),
    erasures: createErasures({ pool: options.pool, schema, ordersSchema, regions }),
    wake: () => copier.wake(),
    inLine: () => countInLine(pool, schema, regions),
    async stop() {
      await care.stop();
      await copier.stop();
    },
  };
}
