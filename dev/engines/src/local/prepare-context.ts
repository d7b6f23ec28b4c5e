import type { Account } from '../closed/closed-engines.ts';
import type { Secrets } from '../closed/secrets.ts';
import type { CommitLog, Compiler, Environment, OnProgress } from '../engine-types.ts';

/** The inputs for preparing any engine. */
export interface PrepareContext {
  readonly templates: string;
  readonly dataFolder: string;
  readonly cache: string;
  readonly environment: Environment;
  readonly compiler: Compiler;
  readonly commitLog: CommitLog;
  readonly durableSchema: boolean;
  /** Cassandra nodes per region. */
  readonly nodesPerRegion: number;
  /** Milliseconds between the regions, there and back; undefined where everything is near. */
  readonly distanceMs: number | undefined;
  /** Set where the engines are to be closed. */
  readonly closed: ClosedContext | undefined;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** What closes engines. */
export interface ClosedContext {
  readonly secrets: Secrets;
  /** Who may ask Kafka, beside the administrator. */
  readonly kafkaAccounts: readonly Account[];
}

/** The highest level of the JVM's compilers: 1 is the quick one alone, 4 is all of them. */
export const compilerLevel = (compiler: Compiler): number => (compiler === 'quick' ? 1 : 4);
