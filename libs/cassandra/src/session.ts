import cassandra from 'cassandra-driver';
import { changeSchemaOn } from './change-schema-on.ts';
import { hedgedRequests } from './hedged-requests.ts';
import { createLateNodes, LateNodesLast, type LateNodes } from './late-nodes.ts';
import { secured, type CassandraSecurity } from './security.ts';
import { routingKeyOf, type KeyPart } from './routing-key.ts';
import { storeFailureOf } from './store-failure.ts';

/** A value of a column, as it is written and read: text, bigint, int, timestamp, boolean, blob. */
export type Cell = string | bigint | number | Date | boolean | Buffer | null;

/** A value to bind; `undefined` leaves the column as it is. */
export type BoundCell = Exclude<Cell, null> | undefined;

/** A row by column name. */
export type Row = Readonly<Record<string, Cell>>;

/** How many replicas must answer; EACH_QUORUM means a quorum in every data centre. */
export type Consistency = 'LOCAL_ONE' | 'LOCAL_QUORUM' | 'EACH_QUORUM';

/** How one statement is run. */
export interface StatementOptions {
  readonly consistency: Consistency;
  /** Whether a repeat does no harm, so that the driver may retry. Default: true; a statement here always carries its timestamp. */
  readonly idempotent?: boolean;
  /** The time-out of one attempt. */
  readonly timeoutMs?: number;
  /**
   * Where a batch belongs, so that one of its replicas coordinates the batch. The driver knows the place of a single
   * statement, so only the coordinator counts there.
   */
  readonly placement?: Placement;
}

/** Where a partition is. */
export interface Placement {
  readonly keyspace: string;
  readonly routingKey: Buffer;
  /** The nodes of the session's own region that hold the partition and are up, as far as the driver knows, by address. */
  readonly coordinators: readonly string[];
  /**
   * The one of them that has to coordinate; the driver chooses without it. When that node cannot be reached, or belongs
   * to another region than the session's, another one coordinates.
   */
  readonly coordinator?: string;
}

/** A statement and its values. */
export interface Statement {
  readonly cql: string;
  readonly params: readonly BoundCell[];
}

/** A connection to one region's data centre. */
export interface CassandraSession {
  /**
   * Runs one prepared statement and gives all its rows. Use static CQL only: every text is prepared once per node, and stays
   * prepared.
   */
  execute(cql: string, params: readonly BoundCell[], options: StatementOptions): Promise<readonly Row[]>;
  /**
   * Runs a conditional statement (`… IF …`): a decision that all regions agree on, so every region must answer.
   * Resolves with whether the condition held. For decisions of operators, never for rows of a read model. Rejects when
   * the outcome is unknown: then read the row.
   */
  executeIf(cql: string, params: readonly BoundCell[]): Promise<boolean>;
  /**
   * Where a partition is, by the keyspace's replication as the driver knows it; undefined while the driver does not
   * know it.
   */
  placementOf(keyspace: string, key: readonly KeyPart[]): Placement | undefined;
  /**
   * Runs statements as an unlogged batch. Of the statements of one partition, all or none become visible. Put several
   * partitions into one batch only when one node holds them all, and have that node coordinate. Then a batch saves
   * requests, and changes nothing else: the coordinator sends each partition to its own replicas, in every region. When
   * the batch fails, some of its partitions may be written.
   */
  batch(statements: readonly Statement[], options: StatementOptions): Promise<void>;
  /**
   * Runs schema statements one after the other. Then waits until all nodes that are up agree on the schema, for at most
   * ten seconds: a node that hangs cannot agree. Resolves with whether those of the region do. Once the signal is aborted, no
   * further statement runs, and the wait ends.
   */
  schema(statements: readonly string[], signal?: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Where a region's data centre is. */
export interface CassandraOptions {
  /** `host:port` of at least one node, of any data centre. All nodes of the cluster listen on the port of the first. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  readonly keyspace?: string;
  /** The time-out of one attempt of a statement. */
  readonly readTimeoutMs?: number;
  /** TLS and, with an account, a password. Without it, everything travels as it is. */
  readonly security?: CassandraSecurity | undefined;
}

/** So many requests of a connection that stay unanswered beyond their time end the connection. */
const MOST_UNANSWERED = 8;
/** Far beyond what a request takes; a small part of what a caller waits. */
const HEDGED = {
  reads: { afterMs: 300, share: 0.5, burst: 100 },
  writes: { afterMs: 600, share: 0.1, burst: 10 },
};
const CONDITION_TIMEOUT_MS = 10_000;

const CONSISTENCY = {
  LOCAL_ONE: cassandra.types.consistencies.localOne,
  LOCAL_QUORUM: cassandra.types.consistencies.localQuorum,
  EACH_QUORUM: cassandra.types.consistencies.eachQuorum,
} as const;

/**
 * Connects to one data centre; statements go to its nodes only. Rejects when no node answers. There is no fallback to
 * another region here.
 */
export async function connectCassandra(options: CassandraOptions): Promise<CassandraSession> {
  const { localDataCenter } = options;
  const late = createLateNodes();
  const client = new cassandra.Client(clientOptions(options, late));
  await client.connect();
  const driverOptions = ({ consistency, idempotent = true, timeoutMs }: StatementOptions) => ({
    prepare: true,
    consistency: CONSISTENCY[consistency],
    isIdempotent: idempotent,
    ...(timeoutMs === undefined ? {} : { readTimeout: timeoutMs }),
  });
  const coordinatorOf = ({ placement }: StatementOptions) => {
    const host = client.hosts.get(placement?.coordinator ?? '');
    return host?.datacenter === localDataCenter ? host : undefined;
  };
  return {
    async execute(cql, params, statementOptions) {
      const rows: Row[] = [];
      const first = await byNode(coordinatorOf(statementOptions), (by) =>
        client.execute(cql, bind(params), { ...driverOptions(statementOptions), ...by }),
      );
      late.addOf(first.info);
      for (let page = first; ;) {
        for (const row of page.rows ?? []) rows.push(toRow(row));
        if (!page.pageState) return rows;
        page = await client.execute(cql, bind(params), {
          ...driverOptions(statementOptions),
          pageState: page.pageState,
        });
      }
    },
    async executeIf(cql, params) {
      const result = await client.execute(cql, bind(params), {
        ...driverOptions({ consistency: 'EACH_QUORUM', idempotent: false, timeoutMs: CONDITION_TIMEOUT_MS }),
        serialConsistency: cassandra.types.consistencies.serial,
      });
      return result.wasApplied();
    },
    placementOf(space, key) {
      const routingKey = routingKeyOf(key);
      const hosts = replicasOf(client, space, routingKey);
      if (!hosts) return undefined;
      const near = hosts.filter((host) => host.datacenter === localDataCenter && host.isUp());
      return { keyspace: space, routingKey, coordinators: near.map(({ address }) => address) };
    },
    async batch(statements, statementOptions) {
      const queries = statements.map(({ cql, params }) => ({ query: cql, params: bind(params) }));
      const { placement } = statementOptions;
      const place = placement ? { keyspace: placement.keyspace, routingKey: placement.routingKey } : {};
      const { info } = await byNode(coordinatorOf(statementOptions), (by) =>
        client.batch(queries, { ...driverOptions(statementOptions), ...place, ...by, logged: false }),
      );
      late.addOf(info);
    },
    schema: (statements, signal) => changeSchemaOn(client, localDataCenter, statements, signal),
    close: () => client.shutdown(),
  };
}

const USUAL_PORT = 9_042;

/**
 * The port of all nodes. For nodes that it discovers, the driver takes the port of its options, whatever port they
 * listen on.
 */
function portOf([first = '']: readonly string[]): number {
  return Number(/:(\d+)$/.exec(first)?.[1] ?? USUAL_PORT);
}

function clientOptions(options: CassandraOptions, late: LateNodes): cassandra.ClientOptions {
  const { contactPoints, localDataCenter, keyspace, readTimeoutMs = 3_000 } = options;
  return {
    contactPoints: [...contactPoints],
    localDataCenter,
    ...(keyspace ? { keyspace } : {}),
    ...secured(options.security),
    // No `map: Map` here: the driver would no longer understand how its keyspaces are replicated.
    encoding: { useBigIntAsLong: true },
    // The session waits for agreement once after many statements, not for a second after each statement.
    protocolOptions: { port: portOf(contactPoints), maxSchemaAgreementWaitSeconds: 0 },
    socketOptions: {
      readTimeout: readTimeoutMs,
      connectTimeout: 2_000,
      // A node that hangs keeps its connections. With the driver's own bound of 64, it is asked for as long as it hangs.
      defunctReadTimeoutThreshold: MOST_UNANSWERED,
    },
    policies: {
      loadBalancing: new LateNodesLast(localDataCenter, late),
      speculativeExecution: hedgedRequests(HEDGED),
    },
    // Else a statement that is new waits for every node, also for one that hangs. The others prepare it when it first comes to them.
    prepareOnAllHosts: false,
    pooling: {
      coreConnectionsPerHost: { [cassandra.types.distance.local]: 2 },
      maxRequestsPerConnection: 2_048,
    },
    queryOptions: { prepare: true, isIdempotent: true, fetchSize: 5_000 },
  };
}

/** Runs work by this node, and by whichever the driver chooses when there is none or it cannot be reached. */
async function byNode<Result>(
  host: cassandra.Host | undefined,
  work: (by: { readonly host?: cassandra.Host }) => Promise<Result>,
): Promise<Result> {
  if (!host) return work({});
  try {
    return await work({ host });
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return work({});
  }
}

/** Whether the only node that was asked could not be reached, or could reach too few others: nothing is known of the store. */
const isUnreachable = (error: unknown) => storeFailureOf(error) === 'away';

/** The driver answers null for a keyspace that it does not know yet. */
function replicasOf(client: cassandra.Client, keyspace: string, routingKey: Buffer) {
  const hosts: cassandra.Host[] | null = client.getReplicas(keyspace, routingKey);
  return hosts ?? undefined;
}

function bind(params: readonly BoundCell[]) {
  return params.map((value) => (value === undefined ? cassandra.types.unset : value));
}

function toRow(row: cassandra.types.Row): Row {
  const cells: Record<string, Cell> = {};
  for (const name of row.keys()) {
    const cell: unknown = row.get(name);
    cells[name] = isCell(cell) ? cell : null;
  }
  return cells;
}

function isCell(value: unknown): value is Cell {
  if (value === null || value instanceof Date || Buffer.isBuffer(value)) return true;
  return ['string', 'bigint', 'number', 'boolean'].includes(typeof value);
}
