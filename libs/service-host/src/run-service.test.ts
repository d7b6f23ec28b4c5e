import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

interface Line {
  readonly event?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** A service in a process of its own, and what it logs. */
class Service {
  readonly lines: Line[] = [];
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  #waiting: (() => void)[] = [];

  constructor(env: Record<string, string>) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'test-main.ts')], {
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    const reader = createInterface(child.stdout);
    // The last lines may be read after the process has ended.
    this.exit = Promise.all([once(child, 'close'), once(reader, 'close')]).then(() => child.exitCode);
    reader.on('line', (line) => {
      const parsed: Line = JSON.parse(line);
      this.lines.push(parsed);
      for (const look of this.#waiting.splice(0)) look();
    });
  }

  async line(event: string): Promise<Line> {
    while (true) {
      const found = this.lines.find((line) => line.event === event);
      if (found) return found;
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push(resolve)),
        this.exit.then(() =>
          Promise.reject(new Error(`it ended without "${event}": ${JSON.stringify(this.lines)}`)),
        ),
      ]);
    }
  }

  get events(): (string | undefined)[] {
    return this.lines.map(({ event }) => event);
  }
}

const services: Service[] = [];
function run(env: Record<string, string> = {}): Service {
  const service = new Service(env);
  services.push(service);
  return service;
}

afterEach(async () => {
  for (const { child, exit } of services.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
});

describe('runService', () => {
  it('says once that it is ready, when it is, and answers over HTTP', async () => {
    const service = run();
    const ready = await service.line('ready');
    expect(ready).toMatchObject({
      event: 'ready',
      msg: 'ready',
      grpcPort: 7001,
      service: 'test-service',
      level: 'info',
    });
    const get = (path: string) => fetch(`http://127.0.0.1:${String(ready['httpPort'])}${path}`);
    expect([(await get('/livez')).status, (await get('/readyz')).status, (await get('/x')).status]).toEqual([
      200, 200, 404,
    ]);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('meridian_test_total{service="test-service"} 3');
    expect(metrics).toContain(
      'meridian_rpc_duration_seconds_count{service="test-service",method="a.B/C",status="OK"} 1',
    );
    expect(metrics).toContain('process_cpu_seconds_total');
    expect(service.events.filter((event) => event === 'ready')).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('drains, stops and exits with 0 on %s', async (signal) => {
    const service = run();
    await service.line('ready');
    service.child.kill(signal);
    expect(await service.exit).toBe(0);
    const after = service.events.slice(service.events.indexOf('draining'));
    expect(after).toEqual(['draining', 'serving', 'drain', 'stop', 'stopped']);
    expect(service.lines.filter(({ event }) => event === 'serving').map(({ ready }) => ready)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('exits with 1 when the drain takes too long', async () => {
    const service = run({ MERIDIAN_TEST: 'stuck', MERIDIAN_DRAIN_MS: '200' });
    await service.line('ready');
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(1);
    expect(service.events).toContain('undrained');
  });

  it('ends at once on a second signal', async () => {
    const service = run({ MERIDIAN_TEST: 'stuck' });
    await service.line('ready');
    service.child.kill('SIGTERM');
    await service.line('drain');
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(143);
  });

  it.each(['crash', 'fail'])('drains and exits with 1 after an error: %s', async (behaviour) => {
    const service = run({ MERIDIAN_TEST: behaviour });
    expect(await service.exit).toBe(1);
    expect(service.events).toEqual(expect.arrayContaining(['failed', 'drain', 'stop']));
  });

  it('exits with 1 when it cannot start', async () => {
    const service = run({ MERIDIAN_TEST: 'no-start' });
    expect(await service.exit).toBe(1);
    expect(service.lines.find(({ event }) => event === 'failed')).toMatchObject({
      level: 'fatal',
      err: { message: 'cannot start' },
    });
  });

  it('exits with 78 and one line a problem when its configuration is not usable', async () => {
    const service = run({ MERIDIAN_HTTP_PORT: 'x', MERIDIAN_DRAIN_MS: 'y' });
    expect(await service.exit).toBe(78);
    expect(service.lines.map(({ msg }) => msg)).toEqual([
      'MERIDIAN_DRAIN_MS: must be a whole number from 100 to 600000',
      'MERIDIAN_HTTP_PORT: must be a whole number from 0 to 65535',
    ]);
  });

  it('writes its spans to a file before it ends, and their trace into the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'meridian-spans-'));
    try {
      const file = join(folder, 'spans.jsonl');
      const service = run({ MERIDIAN_TRACES: `file:${file}` });
      await service.line('ready');
      service.child.kill('SIGTERM');
      expect(await service.exit).toBe(0);
      const span: Line = JSON.parse((await readFile(file, 'utf8')).trim());
      expect(span).toMatchObject({
        name: 'work',
        service: 'test-service',
        parentSpanId: '',
        status: 'UNSET',
      });
      expect(span['startTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      expect(service.lines.find(({ event }) => event === 'working')?.['traceId']).toBe(span['traceId']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
