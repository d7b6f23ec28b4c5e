import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCuttingProxy, type CuttingProxy } from './proxy.ts';

let server: Server;
let accepted: Socket[];
let heard: string[];
let proxy: CuttingProxy;

beforeEach(async () => {
  accepted = [];
  heard = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      heard.push(String(data));
      socket.write('done');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await startCuttingProxy(address.port, (data) => data.includes('COMMIT'));
});
afterEach(async () => {
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Sends a request that is cut off, and waits until the connection has gone. */
async function sendAndLose(lateMs: number): Promise<void> {
  proxy.cutNext({ lateMs });
  const client = connect(proxy.port, '127.0.0.1');
  client.write('COMMIT');
  await once(client, 'close');
}

describe('a request that comes late', () => {
  it('reaches the server after its client has gone, and is answered', async () => {
    await sendAndLose(50);
    expect(heard).toEqual([]);
    await expect.poll(() => proxy.late()).toMatchObject([{ wasAnswered: true }]);
    expect(heard).toEqual(['COMMIT']);
  });

  it('comes to nothing where the server has ended the connection', async () => {
    await sendAndLose(200);
    await expect.poll(() => accepted.length).toBe(1);
    for (const socket of accepted) socket.destroy();
    await expect.poll(() => proxy.late()).toMatchObject([{ wasAnswered: false }]);
    expect(heard).toEqual([]);
  });
});
