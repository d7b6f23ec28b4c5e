import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { frame, probeCassandra, receivedOpcodes } from './cassandra-probe.ts';
import { parseHostPort } from './exchange.ts';
import { metadataRequest, parseBrokerCount, probeKafka } from './kafka-probe.ts';
import { parseHandshake, probeMysql } from './mysql-probe.ts';

async function withServer(
  onConnect: (socket: Socket) => void,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer(onConnect).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

const handshake = Buffer.concat([Buffer.from([12, 0, 0, 0, 10]), Buffer.from('9.7.4\0rest!')]);

describe('probes', () => {
  it('read the version of MySQL once the handshake is whole', () => {
    expect(parseHandshake(handshake.subarray(0, 8))).toBeUndefined();
    expect(parseHandshake(handshake)).toBe('9.7.4');
  });

  it('take an error of MySQL for no answer', () => {
    expect(() => parseHandshake(Buffer.from([3, 0, 0, 0, 0xff, 0x10, 0x04]))).toThrow();
  });

  it('count the brokers of a Metadata answer', () => {
    const answer = Buffer.alloc(12);
    answer.writeInt32BE(8, 0);
    answer.writeInt32BE(7, 4);
    answer.writeInt32BE(1, 8);
    expect(parseBrokerCount(answer.subarray(0, 11))).toBeUndefined();
    expect(parseBrokerCount(answer)).toBe(1);
    expect(metadataRequest().readInt32BE(0)).toBe(metadataRequest().length - 4);
  });

  it('read the frames of Cassandra as they come', () => {
    const supported = frame(0x06, Buffer.from('abc'));
    supported[0] = 0x84;
    expect(receivedOpcodes(supported.subarray(0, 10))).toEqual([]);
    expect(receivedOpcodes(Buffer.concat([supported, supported]))).toEqual([6, 6]);
    expect(() => receivedOpcodes(Buffer.from('HTTP/1.1 400'))).toThrow();
  });

  it('are not satisfied by another protocol', async () => {
    const speak = (socket: Socket) => {
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n');
    };
    await withServer(speak, async (port) => {
      expect(await probeMysql('127.0.0.1', port)).toBeUndefined();
      expect(await probeKafka('127.0.0.1', port)).toBe(false);
      expect(await probeCassandra('127.0.0.1', port)).toBe(false);
    });
  });

  it('are not satisfied where nobody listens', async () => {
    let free = 0;
    await withServer(
      () => undefined,
      async (port) => {
        free = port;
      },
    );
    expect(await probeMysql('127.0.0.1', free)).toBeUndefined();
  });

  it('take addresses apart', () => {
    expect(parseHostPort('127.0.0.2:9042')).toEqual({ host: '127.0.0.2', port: 9042 });
    expect(parseHostPort('[::1]:9042')).toEqual({ host: '::1', port: 9042 });
    for (const wrong of ['host', 'host:', 'host:0', 'host:70000', 'a b:1', 'x://host:1']) {
      expect(parseHostPort(wrong)).toBeUndefined();
    }
  });
});
