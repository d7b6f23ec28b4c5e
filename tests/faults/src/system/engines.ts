import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  killEngine,
  nodetool,
  restartEngine,
  startEngines,
  workspaceFolder,
  type EngineName,
} from '@meridian/engines';

/** Engines that a run may harm: its own. */
export interface FaultyEngines {
  readonly environment: Readonly<Record<string, string>>;
  readonly regions: readonly string[];
  readonly mysqlPort: number;
  readonly kafkaPort: number;
  kill(engine: EngineName): Promise<void>;
  /** Starts a killed one again, on the same ports and data. */
  restart(engine: EngineName): Promise<void>;
  /** Makes a Cassandra node keep no hints for others, until it is started again. */
  withoutHints(engine: EngineName): Promise<void>;
  /** Stops all and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts engines of a run's own in a folder of the workspace. A region has one replica here, which is killed: it may acknowledge
 * only what it keeps.
 */
export async function startFaultyEngines(name: string): Promise<FaultyEngines> {
  const folder = await ownFolder(path.join(workspaceFolder(), '.meridian/faults', name));
  const dataFolder = path.join(folder, 'engines');
  // Engines that the environment names belong to others: they are not harmed.
  const { MERIDIAN_MYSQL_URL: _url, ...environment } = process.env;
  const engines = await startEngines({ mode: 'local', dataFolder, environment, commitLog: 'batch' });
  const addresses = engines.environment();
  return {
    environment: addresses,
    regions: Object.keys(engines.addresses.cassandra),
    mysqlPort: Number(new URL(addresses['MERIDIAN_MYSQL_URL'] ?? '').port),
    kafkaPort: Number((addresses['MERIDIAN_KAFKA_BROKERS'] ?? '').split(':').at(-1)),
    kill: (engine) => killEngine(dataFolder, engine),
    restart: (engine) => restartEngine(dataFolder, engine),
    withoutHints: (engine) => nodetool(dataFolder, engine, ['disablehandoff']),
    async stop() {
      await engines.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A folder for this run alone: another run of the same name that is still under way keeps its own. */
async function ownFolder(wanted: string): Promise<string> {
  const owner = Number(await readFile(path.join(wanted, 'owner'), 'utf8').catch(() => ''));
  const folder = owner > 0 && owner !== process.pid && isAlive(owner) ? `${wanted}-${process.pid}` : wanted;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'owner'), String(process.pid));
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
