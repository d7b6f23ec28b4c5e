import {
  fromWireContext,
  toJournalEvent,
  type GetHeadResponse,
  type JournalServiceImplementation,
  type ReadJournalRequest,
  type ReadJournalResponse,
} from '@meridian/contracts';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { resourceExhausted, unavailable, type CallContext } from '@meridian/rpc';
import { mysqlAccessOf } from '@meridian/service-host';
import { readFences, readHead, readJournalId } from '@meridian/write-store';
import type { CommandServiceConfig } from '../config.ts';
import { readChunks } from './journal-reader.ts';

/** What reading the journal needs, and its bound. */
export interface JournalServiceOptions {
  /** Connections of its own, so that readers never take one from a command. */
  readonly pool: MysqlPool;
  /** Streams at once. */
  readonly maxReaders: number;
}

/** The journal over gRPC. */
export interface JournalOverRpc {
  readonly implementation: JournalServiceImplementation;
  /** Ends every stream: its reader goes on at another replica. */
  stop(): void;
}

/** The journal as the configuration says, over connections of its own, which `close` gives back. */
export function openJournal(config: CommandServiceConfig): JournalOverRpc & { close(): Promise<void> } {
  const { MERIDIAN_JOURNAL_READERS: maxReaders } = config;
  const pool = createPool({
    ...mysqlAccessOf(config),
    database: config.MERIDIAN_MYSQL_DATABASE,
    // Each reads a little at a time, and then waits for its reader.
    connectionLimit: Math.min(4, maxReaders),
    queryTimeoutMs: 5_000,
  });
  return { ...createJournalService({ pool, maxReaders }), close: () => pool.close() };
}

const NO_LIMIT = 2n ** 63n;

/** Makes the service. */
export function createJournalService({ pool, maxReaders }: JournalServiceOptions): JournalOverRpc {
  let readers = 0;
  let stopping = false;

  async function* read(
    request: ReadJournalRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ReadJournalResponse> {
    const [head, journalId] = [await readHead(pool), await readJournalId(pool)];
    const { fromPosition = 1n, untilPosition: asked = head, shards, limit = NO_LIMIT } = request;
    const untilPosition = asked < head ? asked : head;
    const part = {
      fromPosition,
      untilPosition,
      limit,
      shards: shards.length > 0 ? shards : undefined,
      contexts: request.contexts.length > 0 ? contextsOf(request) : undefined,
    };
    for await (const { events, readTo } of readChunks(pool, part)) {
      if (stopping) throw shuttingDown();
      signal.throwIfAborted();
      yield { events: events.map(toJournalEvent), readTo, untilPosition, journalId };
    }
  }

  return {
    stop() {
      stopping = true;
    },
    implementation: {
      async *readJournal(request: ReadJournalRequest, { signal }: CallContext) {
        if (stopping) throw shuttingDown();
        if (readers >= maxReaders) throw tooManyReaders(maxReaders);
        readers += 1;
        try {
          yield* read(request, signal);
        } finally {
          readers -= 1;
        }
      },
      async getHead(): Promise<GetHeadResponse> {
        // The head first: a fence that is set in between then shows without the head that it raised, which harms nobody.
        const position = await readHead(pool);
        const fences = [...(await readFences(pool))];
        return { position, fences, journalId: await readJournalId(pool) };
      },
    },
  };
}

/** The request was validated: every number is one of a context. */
const contextsOf = ({ contexts }: ReadJournalRequest) =>
  contexts.map(fromWireContext).filter((name) => name !== undefined);

const tooManyReaders = (most: number) =>
  resourceExhausted(
    'TOO_MANY_READERS',
    `${most} streams read the journal already, as many as one replica allows; try again later`,
    1_000,
  );

const shuttingDown = () =>
  unavailable('SHUTTING_DOWN', 'this replica is stopping; go on reading at another replica', {
    retryDelayMs: 50,
  });
