import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCassandraWrite, startHoldingProxy } from '../system/holding-proxy.ts';
import type { FaultyProcess } from '../system/process.ts';
import { isOffsetCommit, startCuttingProxy } from '../system/proxy.ts';
import { strikes } from '../system/strike.ts';
import { ofProjectors, type Injected } from './inject.ts';
import type { ProjectorReplica } from './system.ts';

/** The begin of a frame of Cassandra's protocol that writes. */
const WRITE = Buffer.from([4, 0, 0, 0, 13, 0, 0, 0, 0]);

let server: Server;
let accepted: Socket[];
let heard: number;
let one: ProjectorReplica;

beforeEach(async () => {
  accepted = [];
  heard = 0;
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', () => (heard += 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  one = {
    projector: 'sales',
    process: idle,
    kafkaProxy: await startCuttingProxy(address.port, isOffsetCommit),
    storeProxy: await startHoldingProxy({ host: '127.0.0.1', port: address.port }, isCassandraWrite),
  };
});
afterEach(async () => {
  await one.storeProxy.close();
  await one.kafkaProxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** A process that sends nothing. */
const nothing = () => Promise.resolve();
const idle: FaultyProcess = {
  name: 'sales-0',
  address: '',
  start: nothing,
  restarts: () => 0,
  isRunning: () => true,
  signal: () => undefined,
  kill: nothing,
  end: nothing,
  metrics: () => Promise.resolve(undefined),
};

describe('a fault of a process that sends nothing', () => {
  it('is over when it has healed: no later write is lost, and it says so', async () => {
    let misses = 0;
    const fault: Injected = {
      kind: 'lost-write',
      afterMs: 0,
      lastsMs: 10,
      replica: 0,
      projector: 'sales',
      pick: 0,
      one,
      all: [one],
      on: () => undefined,
      hitNothing: () => (misses += 1),
    };
    await ofProjectors({ whenHealed: nothing }, { strikesWithinMs: 10 })['lost-write'](fault);
    expect(misses).toBe(1);
    const client = connect(one.storeProxy.port, '127.0.0.1');
    client.write(WRITE);
    await expect.poll(() => heard).toBe(1);
    expect(one.storeProxy.held()).toBe(0);
    client.destroy();
  });

  it('meets a write that is sent while it lasts', async () => {
    const { storeProxy } = one;
    const client = connect(storeProxy.port, '127.0.0.1');
    const loss = {
      arm: () => {
        storeProxy.loseNext();
        client.write(WRITE);
      },
      disarm: () => storeProxy.letPass(),
      count: () => storeProxy.held(),
    };
    expect(await strikes(loss, 60_000)).toBe(true);
    expect(heard).toBe(0);
    client.destroy();
  });
});
