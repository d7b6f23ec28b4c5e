import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { choosePorts, isLocalAddress, isPortFree } from './ports.ts';

const loopback = '127.0.0.1';

async function withTakenPort(host: string, work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await work(port);
  } finally {
    server.close();
  }
}

describe('choosePorts', () => {
  it('keeps a preferred port that is free', async () => {
    let free = 0;
    await withTakenPort(loopback, async (port) => {
      free = port;
    });
    expect(await choosePorts({ a: { preferred: free, hosts: [loopback] } })).toEqual({ a: free });
  });

  it('goes to a free one in steps of 100 when it is taken', async () => {
    await withTakenPort(loopback, async (port) => {
      expect(await isPortFree(port, loopback)).toBe(false);
      const preferred = port - 100;
      const { a, b } = await choosePorts({
        a: { preferred, hosts: [loopback] },
        b: { preferred: port, hosts: [loopback] },
      });
      expect(a % 100).toBe(port % 100);
      expect(b).toBeGreaterThan(port);
    });
  });

  it('gives one port to one wish', async () => {
    const wish = { preferred: 20_042, hosts: [loopback] };
    const { a, b } = await choosePorts({ a: wish, b: wish });
    expect(b).toBeGreaterThan(a);
  });

  it('gives nobody a port that is held, free as it looks', async () => {
    const wish = { preferred: 21_042, hosts: [loopback] };
    const { a } = await choosePorts({ a: wish }, new Set([21_042, 21_142]));
    expect(a).toBeGreaterThanOrEqual(21_242);
  });

  it('wants the port free on every host', async () => {
    await withTakenPort('127.0.0.2', async (port) => {
      expect(await isPortFree(port, loopback)).toBe(true);
      const { a } = await choosePorts({ a: { preferred: port, hosts: [loopback, '127.0.0.2'] } });
      expect(a).toBeGreaterThan(port);
    });
  });

  it('says for what it found none', async () => {
    await withTakenPort(loopback, async (port) => {
      const preferred = 65_535 - ((65_535 - port) % 100);
      const wishes = { a: { preferred, hosts: [loopback] }, b: { preferred, hosts: [loopback] } };
      await expect(choosePorts(wishes)).rejects.toThrow(/No free port for [ab]/);
    });
  });

  it('knows which addresses are of this machine', async () => {
    expect(await isLocalAddress(loopback)).toBe(true);
    expect(await isLocalAddress('192.0.2.1')).toBe(false);
  });
});
