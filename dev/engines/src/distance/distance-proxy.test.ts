import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts } from '../ports.ts';
import { startDistanceProxy, type DistanceProxy } from './distance-proxy.ts';

const HOST = '127.0.0.1';
const DISTANCE_MS = 40;
const MEGABYTES = 80;
const open: { close(): unknown }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server with a distance before it, and a client that is connected with it. */
async function farServer(onConnection: (socket: Socket) => void): Promise<{
  readonly proxy: DistanceProxy;
  readonly server: Server;
  connect(): Socket;
}> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port: to } = server.address() as AddressInfo;
  const { port } = await choosePorts({ port: { preferred: 27_100, hosts: [HOST] } });
  const listen = { host: HOST, port };
  const proxy = await startDistanceProxy([{ listen, to: { host: HOST, port: to } }], DISTANCE_MS);
  open.push(server, proxy);
  return {
    proxy,
    server,
    connect() {
      const socket = connect({ ...listen, allowHalfOpen: true });
      socket.on('error', () => undefined);
      open.push({ close: () => socket.destroy() });
      return socket;
    },
  };
}

/** Waits until a socket is closed: by an error, or by an end. */
const closedByError = (socket: Socket) =>
  new Promise((resolve) => {
    socket.resume().once('close', resolve);
  });

const echo = (socket: Socket) => void socket.pipe(socket);

describe('the distance', () => {
  it('is what a question and its answer take at least', async () => {
    const { proxy, connect: connectTo } = await farServer(echo);
    const client = connectTo();
    const ask = async () => {
      const sinceMs = performance.now();
      client.write('?');
      await once(client, 'data');
      return performance.now() - sinceMs;
    };
    expect(await ask()).toBeGreaterThanOrEqual(DISTANCE_MS);
    proxy.setDistance(3 * DISTANCE_MS);
    expect(await ask()).toBeGreaterThanOrEqual(3 * DISTANCE_MS);
    proxy.setDistance(0);
    // Without a distance, an answer need not take so long.
    await expect.poll(ask).toBeLessThan(3 * DISTANCE_MS);
  });

  it('loses and reorders no byte, and passes on that a side has ended', async () => {
    const { connect: connectTo } = await farServer(echo);
    const client = connectTo();
    const received: Buffer[] = [];
    client.on('data', (chunk: Buffer) => received.push(chunk));
    // More than may be on its way at once.
    const sent = Buffer.alloc(MEGABYTES * 1024 * 1024);
    for (let at = 0; at < sent.length; at += 4) sent.writeUInt32BE(at, at);
    client.end(sent);
    await once(client, 'end');
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('passes on that a side has failed', async () => {
    const { connect: connectTo } = await farServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const client = connectTo();
    client.write('?');
    expect(await closedByError(client)).toBe(true);
  });

  it('ends a connection whose server is away', async () => {
    const { server, connect: connectTo } = await farServer(echo);
    server.close();
    await once(server, 'close');
    expect(await closedByError(connectTo())).toBe(true);
  });
});
