import { afterEach, describe, expect, it } from 'vitest';
import { unavailable } from './errors.ts';
import { clientOf, failure, serve, type TestServerOptions } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

async function talking(echo: Parameters<typeof serve>[0], options: TestServerOptions) {
  const server = await serve(echo, options);
  const channel = clientOf([server.port], { maxAttempts: 1 });
  open.push({ close: () => server.shutdown(0) }, channel);
  return channel;
}

describe('a call', () => {
  it('waits for what has to come before its handler, whether unary or a stream', async () => {
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    let isOpen = false;
    let waits = 0;
    const { client } = await talking(
      async (request) => {
        seen.push(request.text);
        return request;
      },
      {
        before() {
          waits += isOpen ? 0 : 1;
          return isOpen ? undefined : gate.promise;
        },
        async *count({ text }) {
          seen.push(text);
          yield { text };
        },
      },
    );
    const stream = client.count({ text: 'stream' })[Symbol.asyncIterator]();
    const answers = [client.echo({ text: 'unary' }), stream.next().then(({ value }) => value)];
    await expect.poll(() => waits).toBe(2);
    expect(seen).toEqual([]);
    isOpen = true;
    gate.resolve();
    expect(await Promise.all(answers)).toEqual([{ text: 'unary' }, { text: 'stream' }]);
    expect(await client.echo({ text: 'later' })).toEqual({ text: 'later' });
    expect(seen.toSorted()).toEqual(['later', 'stream', 'unary']);
  });

  it('is refused with the error of what it waited for', async () => {
    const { client } = await talking(async (request) => request, {
      before: () => Promise.reject(unavailable('NOT_YET', 'not yet')),
    });
    expect(await failure(client.echo({ text: 'x' }))).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'NOT_YET',
    });
  });
});
