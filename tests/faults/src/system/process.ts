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
  /**
   * Starts it and waits until it is ready; from then on it is started again whenever it ends by itself. Some of its environment may
   * be another until it is started anew.
   */
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** How often it ended by itself and was started again. */
  restarts(): number;
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
  /** The workspace whose code runs: another version of Meridian. This one when not set. */
  readonly workspace?: string;
}

/** A guard only: a machine with much else to do starts a service slowly, and lets the group of a projector rebalance for long. */
const READY_WITHIN_MS = 600_000;
const END_WITHIN_MS = 20_000;
const RESTART_AFTER_MS = 500;
const POLL_MS = 50;
const PRELOAD = pathToFileURL(path.join(import.meta.dirname, 'preload.ts')).href;

/** Whatever ends this process, what it started ends with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Describes a process; it does not run before `start`. */
export function faultyProcess(options: ProcessOptions): FaultyProcess {
  const { name, grpcPort, httpPort, logFolder } = options;
  const logFile = path.join(logFolder, `${name}.log`);
  let child: ChildProcess | undefined;
  let wanted = false;
  let restarts = 0;
  let changed: Readonly<Record<string, string>> = {};
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function get(resource: string): Promise<Response | undefined> {
    try {
      return await fetch(`http://127.0.0.1:${httpPort}${resource}`, { signal: AbortSignal.timeout(2_000) });
    } catch {
      return undefined;
    }
  }

  /** Runs it, and again when it ends by itself, as whatever supervises services does. */
  function launch(): void {
    const launched = spawnService(
      { ...options, environment: { ...options.environment, ...changed } },
      logFile,
    );
    child = launched;
    launched.once('exit', () => {
      if (child !== launched || !wanted) return;
      restarts += 1;
      setTimeout(() => wanted && child === launched && launch(), RESTART_AFTER_MS);
    });
  }

  async function endBy(signal: NodeJS.Signals): Promise<void> {
    wanted = false;
    if (!isRunning()) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill(signal);
    const timer = setTimeout(() => child?.kill('SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }

  return {
    name,
    address: `127.0.0.1:${grpcPort}`,
    isRunning,
    restarts: () => restarts,
    async start(other = {}) {
      changed = other;
      mkdirSync(logFolder, { recursive: true });
      wanted = true;
      launch();
      const deadline = performance.now() + READY_WITHIN_MS;
      while (wanted && !(await get('/readyz'))?.ok) {
        if (performance.now() > deadline) throw new Error(`${name} is not ready: see ${logFile}`);
        await pause(POLL_MS);
      }
    },
    signal: (sent) => void child?.kill(sent),
    kill: () => endBy('SIGKILL'),
    end: () => endBy('SIGTERM'),
    async metrics() {
      return (await get('/metrics'))?.text();
    },
  };
}

function spawnService(
  { main, environment, grpcPort, httpPort, workspace }: ProcessOptions,
  logFile: string,
): ChildProcess {
  // Another version's code is run as it is.
  const preload = workspace === undefined ? ['--import', PRELOAD] : [];
  const spawned = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...preload, main], {
    cwd: workspace ?? workspaceFolder(),
    env: {
      ...process.env,
      ...environment,
      MERIDIAN_HTTP_PORT: String(httpPort),
      MERIDIAN_GRPC_ADDRESS: `127.0.0.1:${grpcPort}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(spawned);
  spawned.once('exit', () => running.delete(spawned));
  spawned.on('error', (error) => appendFileSync(logFile, `${String(error)}\n`));
  for (const stream of [spawned.stdout, spawned.stderr])
    stream.on('data', (data: Buffer) => appendFileSync(logFile, data));
  return spawned;
}
