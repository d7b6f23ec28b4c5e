import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ChildService, type Line } from './testing/child-service.ts';

const services: ChildService[] = [];
function run(env: Record<string, string> = {}): ChildService {
  const service = new ChildService(env);
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

  it('stops at once, and orderly, while it waits for what it needs to start', async () => {
    const service = run({ MERIDIAN_TEST: 'waits', MERIDIAN_DRAIN_MS: '600000' });
    await service.line('waiting');
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(service.events).toEqual(['waiting', 'stopped']);
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
