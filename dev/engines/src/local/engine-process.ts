import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import type { EngineName, Environment } from '../engine-types.ts';
import type { EngineRecord, Launch } from '../engine-state.ts';
import { EngineStartError } from '../errors.ts';
import { probeDistance } from '../distance/control-distance.ts';
import { probeCassandra } from '../probes/cassandra-probe.ts';
import { probeClosedKafka, probeKafka } from '../probes/kafka-probe.ts';
import { probeMysql } from '../probes/mysql-probe.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import { identify, isAlive, isPaused, signal } from '../process-identity.ts';
import { waitUntil } from '../wait-until.ts';
import { listensOn } from './listens-on.ts';

// Long enough for a busy machine. The end of an engine is noticed at once.
const readyTimeoutMs = 300_000;
const stopGraceMs = 30_000;
const killTimeoutMs = 10_000;
const shownLogLines = 25;
const markName = 'MERIDIAN_ENGINE_OF';

/**
 * An environment variable that every engine carries: it names the owner, and finds engines that no state file knows.
 */
export function engineMark(dataFolder: string, name: EngineName): Environment {
  return { [markName]: `${dataFolder}#${name}` };
}

/** Processes that carry the mark of a data folder. On systems without /proc none are found. */
export function markedProcesses(dataFolder: string): ProcessIdentity[] {
  const mark = `${markName}=${dataFolder}#`;
  const carriesMark = (pid: string): boolean => {
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return variables.some((variable) => variable.startsWith(mark));
    } catch {
      return false;
    }
  };
  let pids: string[] = [];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.filter(carriesMark).flatMap((pid) => identify(Number(pid)) ?? []);
}

/**
 * Starts an engine as a separate process that outlives this process. Its output goes to its log; the last log is kept.
 */
export function launchEngine(name: EngineName, launch: Launch, dataFolder: string): ProcessIdentity {
  try {
    renameSync(launch.logFile, `${launch.logFile}.last`);
  } catch {
    // The first start has no earlier log.
  }
  const log = openSync(launch.logFile, 'a');
  const { command, args } = withTimerSlack(launch);
  const child = spawn(command, args, {
    cwd: launch.cwd,
    env: { ...process.env, ...engineMark(dataFolder, name) },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  // Without a pid an 'error' follows, which would otherwise end this process.
  child.on('error', () => undefined);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw startError(name, `${launch.command} could not be run`, launch);
  return identity;
}

/**
 * A process sets its own timer slack, and its threads inherit that. So a shell sets the slack, and then becomes the
 * program. Where the shell cannot, nothing changes.
 */
export function withTimerSlack({
  command,
  args,
  timerSlackUs,
}: Pick<Launch, 'command' | 'args' | 'timerSlackUs'>): Pick<Launch, 'command' | 'args'> {
  if (timerSlackUs === undefined || process.platform !== 'linux') return { command, args };
  const setSlack = `{ echo ${timerSlackUs * 1_000} > /proc/self/timerslack_ns; } 2>/dev/null`;
  return { command: '/bin/sh', args: ['-c', `${setSlack}; exec "$0" "$@"`, command, ...args] };
}

function startError(name: EngineName, reason: string, { logFile }: Launch): EngineStartError {
  let text = '';
  try {
    text = readFileSync(logFile, 'utf8');
  } catch {
    // The process ended before it had a log.
  }
  return new EngineStartError(
    name,
    reason,
    logFile,
    text.trimEnd().split('\n').slice(-shownLogLines).join('\n'),
  );
}

/** Whether an engine answers, in its own protocol, at the address of its record. */
export async function answers(
  name: EngineName,
  { host, ports, authorityFile }: Pick<EngineRecord, 'host' | 'ports' | 'authorityFile'>,
): Promise<boolean> {
  const authority = authorityFile === undefined ? undefined : readFileSync(authorityFile, 'utf8');
  switch (name) {
    case 'mysql':
      return (await probeMysql(host, ports.client)) !== undefined;
    case 'kafka':
      return authority === undefined
        ? probeKafka(host, ports.client)
        : probeClosedKafka(host, ports.client, authority);
    case 'distance':
      return probeDistance(ports.client);
    default:
      return probeCassandra(host, ports.client, authority);
  }
}

/**
 * Resolves once the engine's own process answers: another process may have taken the port. Rejects with
 * EngineStartError when the engine's process ends first, or after 300 s.
 */
export async function waitForAnswer(
  name: EngineName,
  record: EngineRecord,
  abort?: AbortSignal,
): Promise<void> {
  const running = record.process;
  const ended = () => running === undefined || !isAlive(running);
  const isItself = () =>
    record.launch.inContainer === true ||
    (running !== undefined && listensOn(running, record.ports.client) !== false);
  const answered = await waitUntil(
    async () => {
      if (ended()) throw startError(name, 'its process ended', record.launch);
      return (await answers(name, record)) && isItself();
    },
    { timeoutMs: readyTimeoutMs, everyMs: 100, signal: abort },
  );
  if (!answered) throw startError(name, `no answer within ${readyTimeoutMs / 1_000} s`, record.launch);
}

/**
 * Ends exactly this process: asks it to end, waits up to 30 s, then kills it. Nothing happens when it is gone already.
 */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  signal(identity, 'SIGTERM');
  // A paused process reacts to no other signal.
  if (isPaused(identity)) signal(identity, 'SIGCONT');
  const gone = () => !isAlive(identity);
  if (await waitUntil(gone, { timeoutMs: stopGraceMs })) return;
  await killProcess(identity);
}

/** Kills exactly this process and waits until it is gone. */
export async function killProcess(identity: ProcessIdentity): Promise<void> {
  signal(identity, 'SIGKILL');
  if (await waitUntil(() => !isAlive(identity), { timeoutMs: killTimeoutMs, everyMs: 10 })) return;
  throw new Error(`Process ${identity.pid} does not end`);
}
