import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannelClient } from './channels.ts';
import type { RpcServer } from './server.ts';
import { standardDescriptors } from './standard-descriptors.ts';
import { clientOf, serve } from './test-service.ts';
import { hostileBytes } from './testing/hostile-bytes.ts';

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);

let server: RpcServer;
beforeEach(async () => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  server = await serve(async (request) => request, {
    async *count(request) {
      yield request;
      yield request;
    },
    descriptorSet: standardDescriptors,
  });
});
afterEach(async () => {
  await server.shutdown(100);
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  uncaught.length = 0;
});

/** Sends bytes, waits for the first answer when that is asked for, and is gone. */
async function send(bytes: Uint8Array, waits: boolean): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  // A port may cut hostile connections as it likes.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(bytes);
  if (waits) await Promise.race([once(socket, 'data'), closed]);
  socket.end();
  socket.resume();
  await closed;
}

describe('a server', () => {
  it('goes on whatever is sent to its port', async () => {
    const client = clientOf([server.port]);
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`]);
    const goesOn = async (connections: readonly (readonly [Uint8Array, boolean])[]): Promise<void> => {
      await Promise.all(connections.map(([bytes, waits]) => send(bytes, waits)));
      expect(await client.client.echo({ text: 'still here' })).toEqual({ text: 'still here' });
      expect(uncaught).toEqual([]);
    };
    try {
      const hostile = fc.array(fc.tuple(hostileBytes, fc.boolean()), { minLength: 4, maxLength: 16 });
      // What went wrong may show later than at its cause: a smaller example would prove nothing.
      await fc.assert(fc.asyncProperty(hostile, goesOn), { numRuns: 60, endOnFailure: true });
      expect((await health.client.check({ service: '' })).status).toBe(2);
    } finally {
      client.close();
      health.close();
    }
  });
});
