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
import { withFileLock } from '../file-lock.ts';
import { cacheFolder, templatesFolder } from '../folders.ts';
import { enginesWith } from '../cassandra-nodes.ts';
import { setDistance } from '../distance/control-distance.ts';
import { distanceOf } from '../distance/known-distance.ts';
import { DistanceError } from '../errors.ts';
import { javaLibraries } from '../sources/java-libraries.ts';
import { hasCassandraData } from './cassandra-engine.ts';
import {
  chooseKafkaPorts,
  chooseMysqlPort,
  portsOfOthers,
  whilePortsAreMine,
} from './choose-engine-ports.ts';
import { clusterSize } from './cluster-size.ts';
import { launchEngine, waitForAnswer } from './engine-process.ts';
import { prepareKafka } from './kafka-engine.ts';
import { rememberFolder } from '../known-folders.ts';
import { onFreePorts } from './on-free-ports.ts';
import { startCluster, type LaunchPrepared } from './start-cluster.ts';
import { findMysql, prepareMysql } from './mysql-engine.ts';
import type { ClosedContext, PrepareContext } from './prepare-context.ts';
import { endAllBut, recoverEngines } from './recover-engines.ts';
import type { Survey } from './survey.ts';
import { surveyMachine } from './survey.ts';

const lockTimeoutMs = 30 * 60_000;

export interface LocalStart {
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly compiler: Compiler;
  readonly commitLog: CommitLog;
  readonly durableSchema: boolean;
  readonly closed: ClosedContext | undefined;
  /** Cassandra nodes per region; as many as the data folder has when left out. */
  readonly nodesPerRegion: number | undefined;
  /** Milliseconds between the regions; as the data folder has it when left out. */
  readonly distanceMs: number | undefined;
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

async function startUnderLock(wish: LocalStart): Promise<LocalStarted> {
  const { dataFolder } = wish;
  const distanceMs = distanceOf(dataFolder, wish.distanceMs, hasCassandraData(dataFolder));
  if (distanceMs !== undefined && wish.closed)
    throw new DistanceError('the regions of closed engines cannot be apart');
  const areApart = distanceMs !== undefined;
  const nodesPerRegion = clusterSize(dataFolder, wish.nodesPerRegion);
  const start: SizedStart = { ...wish, distanceMs, nodesPerRegion };
  const before = readState(dataFolder);
  if (before?.mode === 'docker') await stopDocker(before);
  const state: EngineState = { ...emptyState('local'), engines: before?.engines ?? {} };
  if (start.givenMysqlUrl !== undefined) state.givenMysqlUrl = start.givenMysqlUrl;
  const kept = await recoverEngines(dataFolder, state, nodesPerRegion, areApart);
  writeState(dataFolder, state);
  for (const name of kept)
    start.onProgress({ engine: name, step: 'ready', message: `${name}: already running` });
  const engines = enginesWith(nodesPerRegion, areApart);
  const wanted = engines.filter((name) => name !== 'mysql' || start.givenMysqlUrl === undefined);
  if (!wanted.every((name) => kept.has(name))) await startMissing(start, state, kept);
  // Engines that ran already may have had another distance.
  if (areApart) await setDistance(dataFolder, distanceMs);
  return { addresses: addressesOf(state, nodesPerRegion, areApart), reused: [...kept] };
}

/** A start that knows how many nodes there are. */
type SizedStart = LocalStart & { readonly nodesPerRegion: number };

async function startMissing(
  start: SizedStart,
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
    nodesPerRegion: start.nodesPerRegion,
    areApart: start.distanceMs !== undefined,
  });
  rememberFolder(cacheFolder(environment), 'engines', dataFolder);
  const abort = new AbortController();
  const signal = start.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, start.signal]);
  const context: PrepareContext = { ...start, templates, cache: cacheFolder(environment), signal };
  const launch: LaunchPrepared = async (name, host, ports, { launch: commandLine, from }) => {
    signal.throwIfAborted();
    onProgress({ engine: name, step: 'start', message: `${name}: starting (${from})` });
    const authorityFile = context.closed?.secrets.authorityFile;
    const record: EngineRecord = { launch: commandLine, host, ports, from, authorityFile };
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
  const startCassandra = async () => startCluster(java, await libraries('cassandra'), state, context, launch);
  const all = { mysql: startMysql, kafka: startKafka, 'cassandra-eu-west': startCassandra };
  return (['mysql', 'kafka', 'cassandra-eu-west'] as const)
    .filter((name) => !kept.has(name))
    .map((name) => all[name]);
}
