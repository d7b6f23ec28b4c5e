import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyState } from '../engine-state.ts';
import { EngineStartError } from '../errors.ts';
import { choosePorts } from '../ports.ts';
import { onFreePorts } from './on-free-ports.ts';

const host = '127.0.0.1';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, host);
  servers.push(server);
  await once(server, 'listening');
}

function begin(onStart: (port: number) => Promise<void>) {
  const state = emptyState('local');
  const said: string[] = [];
  const ports: number[] = [];
  const context = {
    onProgress: ({ message }: { message: string }) => void said.push(message),
    signal: new AbortController().signal,
  };
  const done = onFreePorts(['mysql'], state, context, async () => {
    const had = state.engines.mysql?.ports.client ?? 13_306;
    const { client } = await choosePorts({ client: { preferred: had, hosts: [host] } });
    const launch = { command: 'mysqld', args: [], cwd: '/', logFile: '/log' };
    state.engines.mysql = { launch, host, ports: { client }, from: 'a test' };
    ports.push(client);
    await onStart(client);
  });
  return { done, ports, said };
}

const failure = () => new EngineStartError('mysql', 'its process ended', '/log', 'Address in use');

describe('onFreePorts', () => {
  it('starts again on other ports when somebody took the chosen ones meanwhile', async () => {
    const { done, ports, said } = begin(async (port) => {
      if (servers.length > 0) return;
      await occupy(port);
      throw failure();
    });
    await done;
    expect(ports).toHaveLength(2);
    expect(ports[1]).not.toBe(ports[0]);
    expect(said).toEqual(['mysql: a port was taken by another program meanwhile; trying others']);
  });

  it('gives up when that happens every time', async () => {
    const { done, ports } = begin(async (port) => {
      await occupy(port);
      throw failure();
    });
    await expect(done).rejects.toThrow(EngineStartError);
    expect(new Set(ports).size).toBe(3);
  });

  it('does not try again when the ports are still free: the engine failed for another reason', async () => {
    const { done, ports } = begin(() => Promise.reject(failure()));
    await expect(done).rejects.toThrow('its process ended');
    expect(ports).toHaveLength(1);
  });
});
