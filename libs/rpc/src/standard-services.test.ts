import { once } from 'node:events';
import { connect } from 'node:http2';
import { Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterEach, describe, expect, it } from 'vitest';
import { createChannelClient } from './channels.ts';
import type { RpcServer } from './server.ts';
import { standardDescriptors } from './standard-descriptors.ts';
import { failure, serve, type TestServerOptions } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

async function started(options: TestServerOptions = {}): Promise<{ readonly server: RpcServer }> {
  const server = await serve(async (request) => request, options);
  open.push({ close: () => server.shutdown(0) });
  return { server };
}

describe('health', () => {
  it('is NOT_SERVING until said otherwise, for the server and every service', async () => {
    const { server } = await started();
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`]);
    open.push(health);
    const status = async (service: string): Promise<number> =>
      (await health.client.check({ service })).status;
    expect([await status(''), await status('test.v1.TestService')]).toEqual([2, 2]);
    server.setServing(true);
    expect([await status(''), await status('test.v1.TestService')]).toEqual([1, 1]);
    expect((await failure(health.client.check({ service: 'nobody' }))).status).toBe('NOT_FOUND');
  });
});

describe('the streams of health and reflection', () => {
  it('are bounded, and a place is free again when a stream has ended', async () => {
    const { server } = await started({
      maxConcurrentOf: { '/grpc.health.v1.Health/Watch': 2 },
    });
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`], { maxAttempts: 1 });
    open.push(health);
    const watch = async (): Promise<AbortController> => {
      const stopping = new AbortController();
      const stream = health.client
        .watch({ service: '' }, { signal: stopping.signal })
        [Symbol.asyncIterator]();
      await stream.next();
      stream.next().catch(() => undefined);
      return stopping;
    };
    const watches = [await watch(), await watch()];
    expect(await failure(watch())).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_CALLS' });
    expect((await health.client.check({ service: '' })).status).toBe(2);
    watches[0]?.abort();
    await expect
      .poll(() =>
        watch().then(
          (more) => watches.push(more),
          () => 0,
        ),
      )
      .toBe(3);
    for (const watching of watches) watching.abort();
  });

  it.each(['v1', 'v1alpha'])('have a bound when nobody names one: reflection %s', async (version) => {
    const { server } = await started({ descriptorSet: standardDescriptors });
    const session = connect(`http://127.0.0.1:${server.port}`);
    open.push({ close: () => session.destroy() });
    const refused = Promise.withResolvers<unknown>();
    for (let count = 0; count <= 256; count += 1) {
      const stream = session.request({
        ':method': 'POST',
        ':path': `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined);
      const look = (received: Record<string, unknown>): void => {
        if (received['grpc-status'] !== undefined) refused.resolve(received['grpc-status']);
      };
      stream.on('response', look).on('trailers', look).resume();
    }
    expect(await refused.promise).toBe(String(Status.RESOURCE_EXHAUSTED));
  });
});

describe('reflection', () => {
  it.each(['v1', 'v1alpha'])('lists the services under its name of %s', async (version) => {
    const { server } = await started({ descriptorSet: standardDescriptors });
    const session = connect(`http://127.0.0.1:${server.port}`);
    open.push({ close: () => session.destroy() });
    const stream = session.request({
      ':method': 'POST',
      ':path': `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Field 7, list_services, of a ServerReflectionRequest.
    stream.end(Buffer.from([0, 0, 0, 0, 3, 0x3a, 1, 0x2a]));
    await once(stream, 'close');
    const answer = Buffer.concat(chunks).toString('latin1');
    expect(answer).toContain('test.v1.TestService');
    expect(answer).toContain('grpc.health.v1.Health');
  });
});
