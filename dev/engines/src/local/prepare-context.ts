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
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** The highest level of the JVM's compilers: 1 is the quick one alone, 4 is all of them. */
export const compilerLevel = (compiler: Compiler): number => (compiler === 'quick' ? 1 : 4);
