import { once } from 'node:events';
import type { CallContext } from 'nice-grpc';
import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, failure, serve } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

describe('a stream that outlasts its connection', () => {
  async function lasting() {
    async function* count(request: { readonly text: string }, { signal }: CallContext) {
      yield request;
      await once(signal, 'abort');
    }
    const server = await serve(async (request) => request, { count, maxConnectionAgeMs: 600 });
    const channel = clientOf([server.port]);
    open.push({ close: () => server.shutdown(0) }, channel);
    return channel.client;
  }

  it('is ended with UNAVAILABLE, so that its caller begins another', async () => {
    const client = await lasting();
    const reader = client.count({ text: 'x' })[Symbol.asyncIterator]();
    expect((await reader.next()).value).toEqual({ text: 'x' });
    expect(await failure(reader.next())).toMatchObject({ status: 'UNAVAILABLE', reason: 'STREAM_AGE' });
    expect(await client.echo({ text: 'on another connection' })).toEqual({ text: 'on another connection' });
  });

  it('is not cut when it began shortly before its connection was old', async () => {
    const client = await lasting();
    const begun: ReturnType<typeof failure>[] = [];
    for (let n = 0; n < 20; n++) {
      const reader = client.count({ text: 'x' })[Symbol.asyncIterator]();
      await reader.next();
      begun.push(failure(reader.next()));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const reasons = (await Promise.all(begun)).map(({ status, reason }) => `${status} ${reason}`);
    expect(new Set(reasons)).toEqual(new Set(['UNAVAILABLE STREAM_AGE']));
  });
});
