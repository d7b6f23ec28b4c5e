import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { engineNames } from './engine-types.ts';
import { processIdentity } from './process-identity.ts';

const format = 1;

const launch = z.object({
  command: z.string().min(1),
  args: z.array(z.string()),
  cwd: z.string(),
  logFile: z.string(),
  /** The process stands for a container, which does the listening. */
  inContainer: z.boolean().optional(),
  /** How late its timers may fire, so that many fire together; the system's default when left out. Linux only. */
  timerSlackUs: z.number().int().positive().optional(),
});
/** The command line that starts an engine with prepared data, so that any process can start the engine again later. */
export type Launch = z.infer<typeof launch>;

/** An engine whose data is prepared. */
export interface PreparedEngine {
  readonly launch: Launch;
  /** Where the program came from, in words. */
  readonly from: string;
}

const engineRecord = z.object({
  launch,
  host: z.string(),
  /** `client` is the port that applications use. */
  ports: z.object({ client: z.number().int() }).catchall(z.number().int()),
  /** Set where the engine is closed: the certificate of the authority that signed the engine's own. */
  authorityFile: z.string().optional(),
  /** Where the program came from, in words. */
  from: z.string(),
  /** Absent when the engine is not running, as far as the last start or stop knows. */
  process: processIdentity.optional(),
});
export type EngineRecord = z.infer<typeof engineRecord>;

const engineState = z.object({
  format: z.literal(format),
  mode: z.enum(['local', 'docker']),
  /** Set when the user named a MySQL server: then there is no record of that server. */
  givenMysqlUrl: z.string().optional(),
  engines: z.partialRecord(z.enum(engineNames), engineRecord),
  /** Ports published by a Docker engine. */
  docker: z.object({ project: z.string(), ports: z.record(z.string(), z.number().int()) }).optional(),
});
export type EngineState = z.infer<typeof engineState>;

export const emptyState = (mode: EngineState['mode']): EngineState => ({ format, mode, engines: {} });

const stateFile = (dataFolder: string): string => join(dataFolder, 'state.json');

/** The lock for starting or stopping engines of a data folder. */
export const stateLock = (dataFolder: string): string => join(dataFolder, 'state.lock');

/**
 * The state of the engines of a data folder; undefined when none were ever started there. Throws, naming the file, when
 * the file is damaged or has another format: a guess could end the wrong process.
 */
export function readState(dataFolder: string): EngineState | undefined {
  const path = stateFile(dataFolder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return engineState.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} cannot be understood; when no engine runs, remove it. ${reason}`, {
      cause: error,
    });
  }
}

/** Replaces the whole state atomically: a reader sees the old or the new state. */
export function writeState(dataFolder: string, state: EngineState): void {
  mkdirSync(dataFolder, { recursive: true });
  const path = stateFile(dataFolder);
  const written = `${path}.new`;
  // The address of a given server may hold a password.
  writeFileSync(written, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(written, path);
}
