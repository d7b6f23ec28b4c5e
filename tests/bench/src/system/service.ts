import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { OWN_SESSION } from './own-session.ts';

/** A service of apps/ as a separate process. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  readonly address: string;
  /** Its metrics, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Drains it and waits. */
  stop(): Promise<void>;
}

interface ServiceStart {
  readonly name: string;
  /** The folder of the workspace that the service is part of. */
  readonly workspace: string;
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** The folder for a CPU profile, which is written when the service ends. */
  readonly profileFolder: string | undefined;
}

const READY_WITHIN_MS = 180_000;
const POLL_MS = 50;

/**
 * Starts a service and waits until it is ready. Rejects, with the end of its log, when the service does not come up.
 */
export async function startService(start: ServiceStart): Promise<Service> {
  const { name, workspace, main, environment, httpPort, grpcPort, profileFolder } = start;
  const profile = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...profile, main], {
    cwd: workspace,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: OWN_SESSION,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-8_000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isReady(httpPort))) {
    if (isGone() || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not come up:\n${log}`);
    }
    await pause(POLL_MS);
  }
  return {
    name,
    pid: child.pid ?? 0,
    address: `127.0.0.1:${grpcPort}`,
    async metrics() {
      const response = await fetch(`http://127.0.0.1:${httpPort}/metrics`);
      return response.text();
    },
    async stop() {
      if (!isGone()) child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`, {
      signal: AbortSignal.timeout(2_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
