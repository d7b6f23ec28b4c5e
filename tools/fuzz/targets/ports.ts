import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HealthDefinition } from 'nice-grpc-server-health';
import { connectChannels } from '@meridian/rpc';
import { createMetrics } from '@meridian/service-host';
import fc from 'fast-check';
import { hostileBytes } from '../../../libs/rpc/src/testing/hostile-bytes.ts';
import { startHttpEndpoint } from '../../../libs/service-host/src/http-endpoint.ts';
import { leakIn } from '../leaks.ts';
import { hostileText, mutated } from '../mutations.ts';
import { FindingError, target, type Target } from '../target.ts';

const HOST = '127.0.0.1';

/** Opens a connection that may be cut at any time. */
function connection(port: number): Socket {
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  socket.on('error', () => undefined);
  return socket;
}

/** Sends bytes and answers with what came back until the port closed the connection. */
async function answerTo(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connection(port);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

const probe = Buffer.from('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');

/** Holds connections open that send nothing more after some bytes, while `whileHeld` runs. */
async function whileSilent(port: number, count: number, first: Uint8Array, whileHeld: () => Promise<void>) {
  const sockets = Array.from({ length: count }, () => connection(port));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) if (first.length > 0) socket.write(first);
    await whileHeld();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const line = fc
  .tuple(
    fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'TRACE', 'CONNECT'), hostileText),
    fc.oneof(fc.constantFrom('/livez', '/metrics', '/', '//', 'http://['), hostileText),
    fc.array(fc.tuple(hostileText, hostileText), { maxLength: 4 }),
  )
  .map(([method, path, headers]) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    return Buffer.from([`${method} ${path} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n'), 'latin1');
  });

/** The HTTP port: it answers the next probe whatever was sent, and while slow and silent clients hold connections. */
export async function httpPortTarget(): Promise<{ readonly target: Target; close(): Promise<void> }> {
  const logged: unknown[] = [];
  const endpoint = await startHttpEndpoint(HOST, 0, {
    registry: createMetrics('fuzzed').registry,
    log: { error: (fields: object) => void logged.push(fields) },
    isLive: () => true,
    isReady: () => true,
    advice: () => undefined,
  });
  const isLive = async (): Promise<void> => {
    const answer = await answerTo(endpoint.port, probe);
    if (!answer.startsWith('HTTP/1.1 200')) throw new FindingError(`a probe was answered ${answer}`);
  };
  const one = target<Uint8Array>({
    name: 'HTTP port',
    inputs: fc.oneof(line, mutated(line), fc.uint8Array({ maxLength: 200 })),
    inputsPerTurn: 30,
    async try(bytes) {
      const answer = await answerTo(endpoint.port, bytes);
      const leak = answer.startsWith('HTTP/1.1 200') ? undefined : leakIn(answer);
      if (leak !== undefined) throw new FindingError(`an answer ${leak}: ${answer}`);
      await whileSilent(endpoint.port, 4, bytes.subarray(0, 12), isLive);
      if (logged.length > 0) throw new FindingError(`logged ${JSON.stringify(logged.splice(0))}`);
    },
  });
  return { target: one, close: () => endpoint.close() };
}

/** A gRPC port: it answers the next health check whatever was sent, and while silent clients hold connections. */
export function grpcPortTarget(name: string, port: number): { readonly target: Target; close(): void } {
  const channels = connectChannels([`${HOST}:${port}`]);
  const health = channels.client(HealthDefinition);
  const one = target<readonly Uint8Array[]>({
    name: `gRPC port of ${name}`,
    inputs: fc.array(hostileBytes, { minLength: 1, maxLength: 6 }),
    inputsPerTurn: 20,
    async try(connections) {
      // A client that says no word more than these bytes, and does not go away.
      await whileSilent(port, 2, connections[0]?.subarray(0, 30) ?? new Uint8Array(), async () => {
        await Promise.all(connections.map((bytes) => answerTo(port, bytes)));
        await health.check({ service: '' });
      });
    },
  });
  return { target: one, close: () => channels.close() };
}
