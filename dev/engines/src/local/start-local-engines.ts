import { mkdirSync, realpathSync } from 'node:fs';
import { addressesOf } from '../addresses.ts';
import { stopDocker } from '../docker-engines.ts';
import type { EngineRecord, EngineState } from '../engine-state.ts';
import { emptyState, readState, stateLock, writeState } from '../engine-state.ts';
import type {
  CommitLog,
  Compiler,
  EngineAddresses,
  EngineName,
  Environment,
  OnProgress,
} from '../engine-types.ts';
import { engineNames } from '../engine-types.ts';
import { withFileLock } from '../file-lock.ts';
import { cacheFolder, templatesFolder } from '../folders.ts';
import { probeCassandraPair } from '../probes/cassandra-probe.ts';
import { javaLibraries } from '../sources/java-libraries.ts';
import { waitUntil } from '../wait-until.ts';
import type { CassandraNode } from './cassandra-engine.ts';
import { cassandraNodes, keepStoragePort, prepareCassandra, readClusterName } from './cassandra-engine.ts';
import {
  chooseCassandraPorts,
  chooseKafkaPorts,
  chooseMysqlPort,
  portsOfOthers,
  whilePortsAreMine,
} from './choose-engine-ports.ts';
import { launchEngine, waitForAnswer } from './engine-process.ts';
import { prepareKafka } from './kafka-engine.ts';
import { rememberFolder } from '../known-folders.ts';
import { onFreePorts } from './on-free-ports.ts';
import type { PreparedEngine } from './mysql-engine.ts';
import { findMysql, prepareMysql } from './mysql-engine.ts';
import type { PrepareContext } from './prepare-context.ts';
import { endAllBut, recoverEngines } from './recover-engines.ts';
import type { Survey } from './survey.ts';
import { surveyMachine } from './survey.ts';

const lockTimeoutMs = 30 * 60_000;
const joinTimeoutMs = 120_000;

export interface LocalStart {
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly compiler: Compiler;
  readonly commitLog: CommitLog;
  readonly durableSchema: boolean;
  readonly givenMysqlUrl: string | undefined;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal | undefined;
}

export interface LocalStarted {
  readonly addresses: EngineAddresses;
  /** Engines that ran already, from an earlier start of the same data folder. */
  readonly reused: readonly EngineName[];
}

/**
 * Starts the engines that do not run yet. When one engine fails, the engines that this call started are ended again.
 */
export async function startLocalEngines(start: LocalStart): Promise<LocalStarted> {
  mkdirSync(start.dataFolder, { recursive: true });
  const dataFolder = realpathSync(start.dataFolder);
  const onWait = () => {
    const message = 'another start or stop of the same engines is at work; waiting for it';
    start.onProgress({ engine: 'mysql', step: 'notice', message });
  };
  const lock = { timeoutMs: lockTimeoutMs, signal: start.signal, onWait };
  return withFileLock(stateLock(dataFolder), lock, () => startUnderLock({ ...start, dataFolder }));
}

async function startUnderLock(start: LocalStart): Promise<LocalStarted> {
  const before = readState(start.dataFolder);
  if (before?.mode === 'docker') await stopDocker(before);
  const state: EngineState = { ...emptyState('local'), engines: before?.engines ?? {} };
  if (start.givenMysqlUrl !== undefined) state.givenMysqlUrl = start.givenMysqlUrl;
  const kept = await recoverEngines(start.dataFolder, state);
  writeState(start.dataFolder, state);
  for (const name of kept)
    start.onProgress({ engine: name, step: 'ready', message: `${name}: already running` });
  const wanted = engineNames.filter((name) => name !== 'mysql' || start.givenMysqlUrl === undefined);
  if (!wanted.every((name) => kept.has(name))) await startMissing(start, state, kept);
  return { addresses: addressesOf(state), reused: [...kept] };
}

async function startMissing(
  start: LocalStart,
  state: EngineState,
  kept: ReadonlySet<EngineName>,
): Promise<void> {
  const { dataFolder, environment, onProgress } = start;
  const templates = templatesFolder();
  const mysqlIsGiven = start.givenMysqlUrl !== undefined;
  const survey = await surveyMachine({
    templates,
    environment,
    mysqlIsGiven: mysqlIsGiven || kept.has('mysql'),
  });
  rememberFolder(cacheFolder(environment), 'engines', dataFolder);
  const abort = new AbortController();
  const signal = start.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, start.signal]);
  const context: PrepareContext = { ...start, templates, cache: cacheFolder(environment), signal };
  const launch: LaunchPrepared = async (name, host, ports, { launch: commandLine, from }) => {
    signal.throwIfAborted();
    onProgress({ engine: name, step: 'start', message: `${name}: starting (${from})` });
    const record: EngineRecord = { launch: commandLine, host, ports, from };
    record.process = launchEngine(name, commandLine, dataFolder);
    state.engines[name] = record;
    writeState(dataFolder, state);
    await waitForAnswer(name, record, signal);
    onProgress({ engine: name, step: 'ready', message: `${name}: answers on ${host}:${ports.client}` });
  };
  const work = engineWork(survey, state, kept, context, launch);
  const outcomes = await Promise.allSettled(
    work.map(async (one) => {
      try {
        await one();
      } catch (error) {
        // The work of the other engines is useless now.
        abort.abort(error);
        throw error;
      }
    }),
  );
  if (outcomes.every(({ status }) => status === 'fulfilled')) return;
  await endAllBut(kept, dataFolder, state);
  writeState(dataFolder, state);
  signal.throwIfAborted();
}

type LaunchPrepared = (
  name: EngineName,
  host: string,
  ports: EngineRecord['ports'],
  prepared: PreparedEngine,
) => Promise<void>;

/** The work for each engine that does not run yet; all of this work can be done at the same time. */
function engineWork(
  { java, maven, mysql }: Survey,
  state: EngineState,
  kept: ReadonlySet<EngineName>,
  context: PrepareContext,
  launch: LaunchPrepared,
): (() => Promise<void>)[] {
  const libraries = (engine: 'kafka' | 'cassandra') => javaLibraries({ ...context, engine, maven });
  const startMysql = async () => {
    if (mysql === undefined) return;
    const program = await findMysql(mysql, context);
    const start = async () => {
      const client = await chooseMysqlPort(state, portsOfOthers(context));
      await launch('mysql', '127.0.0.1', { client }, await prepareMysql(program, client, context));
    };
    await whilePortsAreMine('mysql', context, () => onFreePorts(['mysql'], state, context, start));
  };
  const startKafka = async () => {
    const jars = await libraries('kafka');
    const start = async () => {
      const ports = await chooseKafkaPorts(state, portsOfOthers(context));
      await launch('kafka', '127.0.0.1', { ...ports }, await prepareKafka(java, jars, ports, context));
    };
    await whilePortsAreMine('kafka', context, () => onFreePorts(['kafka'], state, context, start));
  };
  const startCassandra = async () => {
    const jars = await libraries('cassandra');
    const start = async () => {
      const ports = await chooseCassandraPorts(state, portsOfOthers(context));
      const clusterName = readClusterName(context.dataFolder);
      const startNode = async (node: CassandraNode) => {
        const own = ports[node.name];
        const prepared = prepareCassandra({ node, clusterName, java, libraries: jars, ports: own }, context);
        await launch(node.name, node.host, { ...own }, prepared);
      };
      await Promise.all(cassandraNodes.map(startNode));
      const { client, storage } = ports['cassandra-eu-west'];
      await waitForCluster(client, context.signal);
      keepStoragePort(context.dataFolder, storage);
    };
    const names = cassandraNodes.map(({ name }) => name);
    await whilePortsAreMine('cassandra', context, () => onFreePorts(names, state, context, start));
  };
  const all = { mysql: startMysql, kafka: startKafka, 'cassandra-eu-west': startCassandra };
  return (['mysql', 'kafka', 'cassandra-eu-west'] as const)
    .filter((name) => !kept.has(name))
    .map((name) => all[name]);
}

/** Waits until each node sees the other as alive: only then a write to both regions succeeds. */
async function waitForCluster(port: number, signal: AbortSignal): Promise<void> {
  const joined = async () => {
    const seen = await Promise.all(cassandraNodes.map(({ host }) => probeCassandraPair(host, port)));
    return seen.every(Boolean);
  };
  if (await waitUntil(joined, { timeoutMs: joinTimeoutMs, everyMs: 100, signal })) return;
  throw new Error(`The Cassandra nodes do not see each other after ${joinTimeoutMs / 1_000} s`);
}
