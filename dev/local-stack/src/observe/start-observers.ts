import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { choosePorts, identify, isAlive, signal, type ProcessIdentity } from '@meridian/engines';
import { parse } from 'yaml';
import type { RunningStack } from '../running-stack.ts';
import { endProcess, logFileOf, ServiceStartError } from '../service-process.ts';
import { writeWhole } from '../stack-state.ts';
import { grafanaEnvironment, grafanaFiles } from './grafana-files.ts';
import {
  dashboardsFolder,
  observeFolder,
  observersFile,
  readObservers,
  ruleResources,
  type ObserversState,
} from './observers.ts';
import { grafanaProgram, prometheusProgram } from './programs.ts';
import { prometheusConfig, ruleGroups } from './prometheus-config.ts';

/** What watches a stack, by address. */
export interface Observers {
  readonly prometheus: string;
  /** Undefined where there is no Grafana on PATH. */
  readonly grafana?: string;
  /** The dashboards, to be imported into a Grafana elsewhere. */
  readonly dashboards: string;
}

export interface ObserveOptions {
  readonly scrapeEveryS?: number;
  readonly signal?: AbortSignal;
}

const HOST = '127.0.0.1';
/** A development machine keeps a day, and no more than this. */
const RETENTION = ['--storage.tsdb.retention.time=1d', '--storage.tsdb.retention.size=512MB'];

/**
 * Starts Prometheus beside a stack, with the rules and alerts of the manifests, and Grafana with the dashboards if that is on
 * PATH. What already runs is used, and told of the stack's addresses. Resolves when both answer. They outlive this process,
 * and end with the stack.
 */
export async function startObservers(
  stack: Pick<RunningStack, 'folder' | 'addresses'>,
  { scrapeEveryS = 5, signal: aborted }: ObserveOptions = {},
): Promise<Observers> {
  const configFile = writePrometheusFiles(stack, scrapeEveryS);
  const known = readObservers(stack.folder);
  const ports = await choosePorts({
    prometheus: { preferred: 9090, hosts: [HOST] },
    grafana: { preferred: 3000, hosts: [HOST] },
  });
  const prometheus = await startPrometheus(stack.folder, configFile, known, ports.prometheus, aborted);
  const grafana = await startGrafana(stack.folder, prometheus, known, ports.grafana, aborted);
  return { prometheus, ...(grafana === undefined ? {} : { grafana }), dashboards: dashboardsFolder() };
}

function writePrometheusFiles(
  { folder, addresses }: Pick<RunningStack, 'folder' | 'addresses'>,
  everyS: number,
): string {
  const file = (name: string) => path.resolve(observeFolder(folder), name);
  const rules = ruleGroups(
    ruleResources().map((resource) => parse(readFileSync(resource, 'utf8')) as unknown),
  );
  writeWhole(file('rules.yaml'), JSON.stringify(rules, undefined, 2));
  const config = prometheusConfig(addresses.http, file('rules.yaml'), everyS);
  writeWhole(file('prometheus.yaml'), JSON.stringify(config, undefined, 2));
  return file('prometheus.yaml');
}

async function startPrometheus(
  folder: string,
  configFile: string,
  known: ObserversState,
  freePort: number,
  aborted: AbortSignal | undefined,
): Promise<string> {
  const running = known.prometheus;
  if (running && isAlive(running.process)) {
    // It reads its files again.
    signal(running.process, 'SIGHUP');
    return urlOf(running.port);
  }
  const { program, pages } = await prometheusProgram();
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${path.resolve(observeFolder(folder), 'prometheus')}`,
    `--web.listen-address=${HOST}:${freePort}`,
    ...RETENTION,
    ...(pages === undefined ? [] : [`--web.local-assets=${pages}`]),
  ];
  const started = spawnProgram(folder, 'prometheus', program, args, {});
  keep(folder, { prometheus: { process: started, port: freePort } });
  await whenAnswers(folder, 'prometheus', started, `${urlOf(freePort)}/-/ready`, aborted);
  return urlOf(freePort);
}

async function startGrafana(
  folder: string,
  prometheusUrl: string,
  known: ObserversState,
  freePort: number,
  aborted: AbortSignal | undefined,
): Promise<string | undefined> {
  const found = grafanaProgram();
  if (!found) return undefined;
  const own = path.resolve(observeFolder(folder), 'grafana');
  for (const [name, content] of Object.entries(grafanaFiles(prometheusUrl, dashboardsFolder())))
    writeWhole(path.join(own, 'provisioning', name), JSON.stringify(content, undefined, 2));
  if (known.grafana && isAlive(known.grafana.process)) return urlOf(known.grafana.port);
  const args = ['server', ...(found.pages === undefined ? [] : ['--homepath', found.pages])];
  const started = spawnProgram(folder, 'grafana', found.program, args, grafanaEnvironment(own, freePort));
  keep(folder, { grafana: { process: started, port: freePort } });
  await whenAnswers(folder, 'grafana', started, `${urlOf(freePort)}/api/health`, aborted);
  return urlOf(freePort);
}

const urlOf = (port: number): string => `http://${HOST}:${port}`;

function keep(folder: string, change: ObserversState): void {
  writeWhole(observersFile(folder), JSON.stringify({ ...readObservers(folder), ...change }));
}

function spawnProgram(
  folder: string,
  name: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ProcessIdentity {
  const file = logFileOf(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  const log = openSync(file, 'a');
  try {
    const env = { ...process.env, ...environment };
    const child = spawn(program, args, { env, stdio: ['ignore', log, log], detached: true });
    child.on('error', () => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (!identity)
      throw new ServiceStartError(`${name} could not be started: ${program}; its log is ${file}`);
    return identity;
  } finally {
    closeSync(log);
  }
}

const ANSWERS_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

async function whenAnswers(
  folder: string,
  name: string,
  identity: ProcessIdentity,
  url: string,
  aborted: AbortSignal | undefined,
): Promise<void> {
  const deadlineMs = performance.now() + ANSWERS_WITHIN_MS;
  while (!(await answers(url))) {
    aborted?.throwIfAborted();
    if (!isAlive(identity) || performance.now() > deadlineMs) {
      await endProcess(identity, 0);
      throw new ServiceStartError(`${name} did not come up; its log is ${logFileOf(folder, name)}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
