import { once } from 'node:events';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { isAlive, type ProcessIdentity } from '@meridian/engines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runningStack, type RunningStack } from './running-stack.ts';
import { logFileOf, spawnMain } from './service-process.ts';
import { changeStackState, readStackState, writeStackState } from './stack-state.ts';
import { stackStatus, stopServices, type ServiceStatus } from './stop-stack.ts';
import { pauseMs } from './supervise.ts';
import { fixtureStack } from './testing/fixture-stack.ts';

const NAMES = ['command-service', 'query-service-eu-west'];
let folder = '';
let stack: RunningStack;

beforeEach(async () => {
  ({ folder, stack } = await fixtureStack(NAMES, 18_001));
  await Promise.all(NAMES.map((name) => stack.startService(name)));
});
afterEach(async () => {
  await stopServices(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** As startStack does once all services are up. */
function startSupervisor(): ProcessIdentity {
  const main = { name: 'supervisor', main: 'dev/local-stack/src/supervisor-main.ts', environment: {} };
  const supervisor = spawnMain(folder, main, [folder]);
  changeStackState(folder, (state) => {
    state.supervisor = supervisor;
    for (const service of state.services) service.supervised = true;
  });
  return supervisor;
}

async function statusOf(name: string): Promise<ServiceStatus> {
  const found = (await stackStatus(folder)).services.find((service) => service.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

describe('a supervised stack', () => {
  it('starts a service again that was killed, as often as it is, and says how often', async () => {
    startSupervisor();
    for (const restarts of [1, 2]) {
      const { pid } = await statusOf('command-service');
      stack.signalService('command-service', 'SIGKILL');
      await expect
        .poll(async () => {
          const now = await statusOf('command-service');
          return { state: now.state, restarts: now.restarts, isNew: now.pid !== pid };
        })
        .toEqual({ state: 'ready', restarts, isNew: true });
    }
    expect((await statusOf('query-service-eu-west')).restarts).toBe(0);
  });

  it('leaves a service alone that was stopped on purpose, until it is started', async () => {
    startSupervisor();
    await stack.stopService('command-service');
    stack.signalService('query-service-eu-west', 'SIGKILL');
    await expect.poll(async () => (await statusOf('query-service-eu-west')).restarts).toBe(1);
    expect((await statusOf('command-service')).state).toBe('stopped');
    await stack.startService('command-service');
    stack.signalService('command-service', 'SIGKILL');
    await expect.poll(async () => (await statusOf('command-service')).restarts).toBe(1);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const supervisor = startSupervisor();
    stack.signalService('command-service', 'SIGKILL');
    await expect.poll(async () => (await statusOf('command-service')).restarts).toBe(1);
    await stopServices(folder);
    expect(isAlive(supervisor)).toBe(false);
    for (const name of NAMES) expect((await statusOf(name)).state).toBe('stopped');
    expect(readStackState(folder)?.supervisor).toBeUndefined();
  });

  it('rotates the logs', async () => {
    const file = logFileOf(folder, 'command-service');
    writeFileSync(file, 'x'.repeat(20_000_000));
    startSupervisor();
    await expect.poll(() => statSync(file).size).toBe(0);
    expect(statSync(`${file}.1`).size).toBe(20_000_000);
  });
});

describe('a stack without a supervisor', () => {
  it('leaves a crashed service as it is', async () => {
    stack.signalService('command-service', 'SIGKILL');
    await expect.poll(async () => (await statusOf('command-service')).state).toBe('stopped');
    await stack.startService('command-service');
    expect(await statusOf('command-service')).toMatchObject({ state: 'ready', restarts: 0 });
  });
});

describe('a service that waits for an operator', () => {
  it('is started without waiting for it, and its status says what to do', async () => {
    await stack.stopService('command-service');
    const state = readStackState(folder);
    if (!state) throw new Error('no state');
    for (const service of state.services) service.environment['ADVICE'] = 'turn the key';
    writeStackState(folder, state);
    const told = runningStack(folder, stack.engines, state);
    expect(await told.startService('command-service')).toBe('turn the key');
    expect(await statusOf('command-service')).toMatchObject({ state: 'waiting', advice: 'turn the key' });
    expect(await statusOf('query-service-eu-west')).toMatchObject({ state: 'ready' });
  });
});

describe('the status of a service that the stack does not run', () => {
  it('is stopped, whoever answers on its port', async () => {
    await stack.stopService('command-service');
    const { httpAddress } = await statusOf('command-service');
    const stranger = createServer((_request, response) => response.end('ready\n'));
    stranger.listen(Number(httpAddress.split(':')[1]), '127.0.0.1');
    await once(stranger, 'listening');
    try {
      expect((await statusOf('command-service')).state).toBe('stopped');
      await stack.takeOutService('command-service');
      const taken = await statusOf('command-service');
      expect(taken.state).toBe('ready');
      expect(taken.pid).toBeUndefined();
    } finally {
      stranger.close();
    }
    expect((await statusOf('command-service')).state).toBe('starting');
  });
});

describe('the pause before a service is started again', () => {
  it('grows with each start in a row, up to a bound', () => {
    expect([0, 1, 2, 6, 1_000].map((count) => pauseMs(count, 500, 30_000))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000,
    ]);
  });
});
