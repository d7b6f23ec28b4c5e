import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { workspaceFolder } from '@meridian/engines';

/** A service that can be killed, paused and started again on the same ports. */
export interface FaultyProcess {
  readonly name: string;
  readonly address: string;
  /** Starts it and waits until it is ready. Rejects when it ends instead. */
  start(): Promise<void>;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Kills it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Tells it to stop, and waits until it has; kills it when it does not stop in time. */
  end(): Promise<void>;
  /** Its metrics; undefined while it does not answer. */
  metrics(): Promise<string | undefined>;
}

interface ProcessOptions {
  readonly name: string;
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly logFolder: string;
}

const READY_WITHIN_MS = 180_000;
const END_WITHIN_MS = 20_000;
const POLL_MS = 50;
const PRELOAD = pathToFileURL(path.join(import.meta.dirname, 'preload.ts')).href;

/** Describes a process; it does not run before `start`. */
export function faultyProcess(options: ProcessOptions): FaultyProcess {
  const { name, main, environment, grpcPort, httpPort, logFolder } = options;
  const logFile = path.join(logFolder, `${name}.log`);
  let child: ChildProcess | undefined;
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function get(resource: string): Promise<Response | undefined> {
    try {
      return await fetch(`http://127.0.0.1:${httpPort}${resource}`, { signal: AbortSignal.timeout(2_000) });
    } catch {
      return undefined;
    }
  }

  return {
    name,
    address: `127.0.0.1:${grpcPort}`,
    isRunning,
    async start() {
      mkdirSync(logFolder, { recursive: true });
      const started = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', '--import', PRELOAD, main],
        {
          cwd: workspaceFolder(),
          env: {
            ...process.env,
            ...environment,
            MERIDIAN_HTTP_PORT: String(httpPort),
            MERIDIAN_GRPC_ADDRESS: `127.0.0.1:${grpcPort}`,
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      child = started;
      let failure: Error | undefined;
      started.once('error', (error) => (failure = error));
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (data: Buffer) => appendFileSync(logFile, data));
      const deadline = performance.now() + READY_WITHIN_MS;
      while (!(await get('/readyz'))?.ok) {
        if (failure) throw failure;
        if (started.exitCode !== null) throw new Error(`${name} ended while starting: see ${logFile}`);
        if (started.signalCode !== null) return;
        if (performance.now() > deadline) throw new Error(`${name} is not ready: see ${logFile}`);
        await pause(POLL_MS);
      }
    },
    signal: (sent) => void child?.kill(sent),
    async kill() {
      if (!isRunning()) return;
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await ended;
    },
    async end() {
      if (!isRunning()) return;
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), END_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
    async metrics() {
      return (await get('/metrics'))?.text();
    },
  };
}
