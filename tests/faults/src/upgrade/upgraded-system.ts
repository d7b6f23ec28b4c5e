import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cassandraVariable, workspaceFolder } from '@meridian/engines';
import { READ_MODEL_NAMES } from '@meridian/read-models';
import type { Version } from '@meridian/testing/other-version';
import type { FaultyEngines } from '../system/engines.ts';
import { servicePorts } from '../system/ports.ts';
import { faultyProcess, type FaultyProcess } from '../system/process.ts';
import { startSome } from '../system/start-some.ts';
import { environmentOf, makeKeyspaces } from '../read/system.ts';

/** The replicas of one service, each at an address of its own, which it keeps whatever version runs there. */
export interface UpgradedService {
  readonly name: string;
  readonly addresses: readonly string[];
  /**
   * Puts a version in the place of every replica, one after the other, while the others serve. It tells the replica to
   * stop, and waits until it has drained and ended. Then it starts the version at the same address, and waits until it
   * is ready. If the replica takes calls, it must have answered one before the next replica is stopped. Clients come
   * back to an address within six seconds; `minReadySeconds` of the manifests allows for this.
   */
  roll(version: Version): Promise<void>;
  /** Kills one replica as a crash of its node would, and leaves it away. */
  lose(replica: number): Promise<void>;
  /** Starts a version where a replica was lost, and waits until it is ready. */
  replace(replica: number, version: Version): Promise<void>;
}

/** Two replicas of every service on engines of a run. */
export interface UpgradedSystem {
  readonly space: string;
  readonly command: UpgradedService;
  readonly queries: ReadonlyMap<string, UpgradedService>;
  readonly projectors: readonly UpgradedService[];
  readonly logFolder: string;
  stop(): Promise<void>;
}

/** So that one serves while the other is replaced. */
const REPLICAS = 2;
/** Clients learn within this pause that a replica goes, before it refuses connections: what containers are given. */
const SHUTDOWN_PAUSE_MS = 2_000;
const FIRST_PORT = 27_000;

/** Starts every service in one version. */
export async function startUpgradedSystem(engines: FaultyEngines, first: Version): Promise<UpgradedSystem> {
  const space = `upgrade_${randomBytes(4).toString('hex')}`;
  const logFolder = path.join(workspaceFolder(), '.meridian/upgrade/logs', space);
  await makeKeyspaces(engines, space);
  const environment = {
    ...environmentOf(engines, space),
    MERIDIAN_SHUTDOWN_PAUSE_MS: String(SHUTDOWN_PAUSE_MS),
  };
  const slots: Slot[] = [];
  const service = async (
    name: string,
    main: string,
    own: Readonly<Record<string, string>>,
    hasCallers = true,
  ) => {
    const made: Slot[] = [];
    for (let index = 0; index < REPLICAS; index += 1) {
      const port = FIRST_PORT + slots.length + index;
      const ports = await servicePorts({ grpc: port, http: port + 500 });
      const options = { name: `${name}-${index}`, main, logFolder, ...ports };
      made.push(slotOf({ ...options, environment: { ...environment, ...own } }));
    }
    slots.push(...made);
    return upgradedService(name, made, hasCallers);
  };
  const command = await service('command-service', 'apps/command-service/src/main.ts', {});
  const journal = { MERIDIAN_JOURNAL_ADDRESSES: command.addresses.join(',') };
  const projectors: UpgradedService[] = [];
  for (const name of READ_MODEL_NAMES)
    projectors.push(
      await service(`projector-${name}`, `apps/projectors/${name}/src/main.ts`, journal, false),
    );
  const queries = new Map<string, UpgradedService>();
  for (const region of engines.regions) {
    const nodes = engines.environment[cassandraVariable(region)] ?? '';
    const own = { MERIDIAN_REGION: region, MERIDIAN_CASSANDRA: nodes };
    queries.set(region, await service(`query-service-${region}`, 'apps/query-service/src/main.ts', own));
  }
  const stop = async () => {
    await Promise.all(slots.map((slot) => slot.kill()));
    await engines.forget(space);
  };
  try {
    await startAll(slots, first);
    return { space, command, queries, projectors, logFolder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts command-service, which makes the tables and topics, and then the others. */
async function startAll([command, ...others]: readonly Slot[], version: Version): Promise<void> {
  await command?.run(version);
  await startSome(others.map((slot) => ({ start: () => slot.run(version) })));
}

/** A place where one replica runs, in whatever version. */
interface Slot {
  readonly address: string;
  run(version: Version): Promise<void>;
  /** Waits until a caller has had an answer of what runs here. Rejects when that takes too long. */
  answered(): Promise<void>;
  end(): Promise<void>;
  kill(): Promise<void>;
}

const ANSWERED_WITHIN_MS = 300_000;
const POLL_MS = 100;
const AN_ANSWER = /^meridian_rpc_duration_seconds_count\{.*method="meridian\..*\} [1-9]/m;

type SlotOptions = Omit<Parameters<typeof faultyProcess>[0], 'workspace'>;

function slotOf(options: SlotOptions): Slot {
  let current: FaultyProcess | undefined;
  return {
    address: `127.0.0.1:${options.grpcPort}`,
    async run({ workspace }) {
      current = faultyProcess({ ...options, ...(workspace === undefined ? {} : { workspace }) });
      await current.start();
    },
    async answered() {
      const deadline = performance.now() + ANSWERED_WITHIN_MS;
      while (!AN_ANSWER.test((await current?.metrics()) ?? '')) {
        if (performance.now() > deadline) throw new Error(`no caller came back to ${options.name}`);
        await pause(POLL_MS);
      }
    },
    end: async () => current?.end(),
    kill: async () => current?.kill(),
  };
}

function upgradedService(name: string, slots: readonly Slot[], hasCallers: boolean): UpgradedService {
  return {
    name,
    addresses: slots.map(({ address }) => address),
    async roll(version) {
      for (const slot of slots) {
        await slot.end();
        await slot.run(version);
        if (hasCallers) await slot.answered();
      }
    },
    lose: async (replica) => slots[replica]?.kill(),
    replace: async (replica, version) => slots[replica]?.run(version),
  };
}
