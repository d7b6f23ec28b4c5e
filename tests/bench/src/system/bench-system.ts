import type { KafkaOptions } from '@meridian/messaging';
import type { MysqlServer } from './fixture.ts';
import type { Service } from './service.ts';

/** The engines and processes that all measurements share. */
export interface BenchSystem {
  /** The MERIDIAN_* variables of the engines. */
  readonly engineEnvironment: Readonly<Record<string, string>>;
  readonly mysql: MysqlServer;
  readonly brokers: readonly string[];
  readonly regions: readonly string[];
  /** TLS and the account by which the bench itself enters Kafka and Cassandra; undefined where these are open. */
  readonly security: KafkaOptions['security'];
  /** The variables by which a process of the load calls services as these want it. */
  readonly callers: Readonly<Record<string, string>>;
  /** The process ids of the engines; empty where they are external. */
  enginePids(): Promise<Record<string, number>>;
  /**
   * Gives the accounts of services their rights in a space: to be called before a service starts there, and after its
   * keyspaces were made. Nothing happens where engines are open.
   */
  admit(space: string): Promise<void>;
  /**
   * Starts a service of apps/ on a database, keyspace and topics of the given name, and waits until it is ready. The service is that of
   * the given workspace, this one when left out.
   */
  startService(
    name: string,
    main: string,
    space: string,
    more?: Readonly<Record<string, string>>,
    workspace?: string,
  ): Promise<Service>;
  /** Ends every service and process that still runs, such as remains of a failed measurement. */
  clear(): Promise<void>;
  /** Clears, and ends the engines. */
  stop(): Promise<void>;
  /** Whether it has begun to end its engines. */
  hasStopped(): boolean;
}

/** The system of a run of the bench: its engines are open. */
export interface OpenSystem extends BenchSystem {
  /** The commit whose services are the state that `pipeline.cost` compares with. */
  readonly before: string;
  /**
   * A second system, with closed engines beside the open ones, as `meridian up --secure` starts them. They start when
   * they are first asked for, and end with this system. Rejects where the environment names the engines.
   */
  closed(): Promise<BenchSystem>;
  /**
   * A system whose regions can be apart, on engines of its own. It ends the engines of this one, and closed ones, so no
   * other line may use these afterwards. Rejects where the environment names the engines.
   */
  apart(): Promise<ApartSystem>;
}

/** A system whose regions are so many milliseconds apart, none at first. Its engines are open. */
export interface ApartSystem extends BenchSystem {
  /** Milliseconds there and back; from now on, in open connections too. */
  setDistance(ms: number): Promise<void>;
  /** Freezes the Cassandra nodes of a region while the work lasts. Other nodes keep no hints for these. */
  whileAway(region: string, work: () => Promise<void>): Promise<void>;
}
