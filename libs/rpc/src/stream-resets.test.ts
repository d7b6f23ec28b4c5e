import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import type { RpcServer } from './server.ts';
import { clientOf, serve } from './test-service.ts';

const CALLS = 3_000;

let server: RpcServer;
let session: ClientHttp2Session;
afterEach(async () => {
  session.destroy();
  await server.shutdown(0);
});

/** Begins a call that is never answered. */
function begin(): ReturnType<ClientHttp2Session['request']> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/test.v1.TestService/Echo',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  return stream;
}

describe('a server', () => {
  it('keeps a connection whose caller gives up thousands of calls at once', async () => {
    server = await serve(() => new Promise(() => undefined));
    session = connect(`http://127.0.0.1:${server.port}`);
    let cause: Error | undefined;
    session.on('error', (error: Error) => (cause = error));
    await once(session, 'connect');
    const calls = Array.from({ length: CALLS }, begin);
    for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
    // The answer to a ping says that the server has read what was sent before.
    await new Promise<void>((resolve, reject) => {
      session.ping((error) => (error ? reject(cause ?? error) : resolve()));
    });
    expect(session.destroyed).toBe(false);
    const client = clientOf([server.port], { deadlineMs: 50, maxAttempts: 1 });
    try {
      await expect(client.client.echo({ text: 'x' })).rejects.toThrow('DEADLINE_EXCEEDED');
    } finally {
      client.close();
    }
  });
});
