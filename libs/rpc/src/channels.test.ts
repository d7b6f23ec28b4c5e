import { once } from 'node:events';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { Status } from 'nice-grpc';
import { afterEach, describe, expect, it } from 'vitest';
import { callFailure } from './client-errors.ts';
import { regionBehind, unavailable } from './errors.ts';
import type { ChannelOptions } from './channels.ts';
import type { RpcServer } from './server.ts';
import { clientOf, serve, TestDefinition, type TestServerOptions } from './test-service.ts';
import { createChannelClient } from './channels.ts';

type Echo = Parameters<typeof serve>[0];

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

async function started(echo: Echo, options: TestServerOptions = {}): Promise<RpcServer> {
  const server = await serve(echo, options);
  open.push({ close: () => server.shutdown(0) });
  return server;
}

function connected(servers: readonly RpcServer[], options: ChannelOptions = {}) {
  const channel = clientOf(
    servers.map(({ port }) => port),
    options,
  );
  open.push(channel);
  return channel.client;
}

const failing = (times: number, error: () => Error) => {
  let calls = 0;
  const echo: Echo = async (request) => {
    calls += 1;
    if (calls <= times) throw error();
    return request;
  };
  return { echo, calls: () => calls };
};

const reasonOf = async (answer: Promise<unknown>): Promise<string> => {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const failure = callFailure(error);
  return failure ? `${failure.status} ${failure.reason}`.trim() : String(error);
};

describe('a client', () => {
  it('tries again when a server is unavailable, three times in all', async () => {
    const twice = failing(2, () => unavailable('STORE_DOWN', 'later'));
    const client = connected([await started(twice.echo)]);
    expect(await client.echo({ text: 'x' })).toEqual({ text: 'x' });
    expect(twice.calls()).toBe(3);

    const always = failing(Infinity, () => unavailable('STORE_DOWN', 'later'));
    const other = connected([await started(always.echo)]);
    expect(await reasonOf(other.echo({ text: 'x' }))).toBe('UNAVAILABLE STORE_DOWN');
    expect(always.calls()).toBe(3);
  });

  it('does not try again when the region is behind: it has waited already', async () => {
    const behind = failing(Infinity, () => regionBehind({ region: 'us-east', missing: [] }));
    const client = connected([await started(behind.echo)]);
    expect(await reasonOf(client.echo({ text: 'x' }))).toBe('UNAVAILABLE REGION_BEHIND');
    expect(behind.calls()).toBe(1);
  });

  it('does not try again what failed for another reason', async () => {
    const broken = failing(Infinity, () => new Error('a bug'));
    const client = connected([await started(broken.echo)]);
    expect(await reasonOf(client.echo({ text: 'x' }))).toBe('INTERNAL INTERNAL');
    expect(broken.calls()).toBe(1);
  });

  it.each<[string, (stream: ServerHttp2Stream) => void]>([
    [
      'the connection of its call',
      ({ session }) => {
        session?.goaway(constants.NGHTTP2_INTERNAL_ERROR);
        session?.destroy();
      },
    ],
    ['its stream before an answer', (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
    [
      'its stream without a status',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.end();
      },
    ],
  ])('tries again when something below gRPC ended %s', async (_what, end) => {
    let calls = 0;
    const ending = createServer().on('stream', (stream) => {
      calls += 1;
      stream.on('error', () => undefined);
      end(stream);
    });
    await once(ending.listen(0, '127.0.0.1'), 'listening');
    open.push({ close: () => ending.close() });
    const address = ending.address();
    if (typeof address !== 'object' || !address) throw new Error('no port');
    const channel = clientOf([address.port]);
    open.push(channel);
    expect(await reasonOf(channel.client.echo({ text: 'x' }))).toBe('UNAVAILABLE');
    expect(calls).toBe(3);
  });

  it('keeps to its deadline, retries included', async () => {
    const always = failing(Infinity, () => unavailable('STORE_DOWN', 'later'));
    const client = connected([await started(always.echo)], { retryBaseDelayMs: 10_000, deadlineMs: 100 });
    expect(await reasonOf(client.echo({ text: 'x' }))).toBe('DEADLINE_EXCEEDED');
  });

  it('takes deadlines of any length, and tells the server', async () => {
    const left: number[] = [];
    const echo: Echo = async (request, context) => {
      left.push(context.deadline.getTime() - Date.now());
      // A timer runs out that takes such a deadline for none.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return request;
    };
    const client = connected([await started(echo)]);
    const day = 86_400_000;
    for (const deadline of [
      2 * day,
      25 * day,
      1e12,
      Infinity,
      new Date(Date.now() + 60 * day),
      new Date(8.64e15),
    ])
      expect(await client.echo({ text: 'x' }, { deadline })).toEqual({ text: 'x' });
    for (const leftMs of left) expect(leftMs).toBeGreaterThan(1.9 * day);
    expect(left).toHaveLength(6);
  });

  it('sends nothing when its deadline has passed, or is no time', async () => {
    let calls = 0;
    const echo: Echo = async (request) => {
      calls += 1;
      return request;
    };
    const client = connected([await started(echo)]);
    for (const deadline of [0, -1, -Infinity, new Date(0), new Date(-8.64e15)])
      expect(await reasonOf(client.echo({ text: 'x' }, { deadline }))).toBe('DEADLINE_EXCEEDED');
    for (const deadline of [Number.NaN, new Date(Number.NaN)])
      expect(await reasonOf(client.echo({ text: 'x' }, { deadline }))).toContain('TypeError');
    expect(calls).toBe(0);
  });

  it('tells the server of its own default deadline, less what is spent', async () => {
    const left: number[] = [];
    const client = connected(
      [
        await started(async (request, context) => {
          left.push(context.deadline.getTime() - Date.now());
          return request;
        }),
      ],
      { deadlineMs: 600_000 },
    );
    await client.echo({ text: 'x' });
    expect(left[0]).toBeGreaterThan(300_000);
    expect(left[0]).toBeLessThanOrEqual(600_000);
  });

  it('takes the addresses of a list in turn', async () => {
    const counts = [0, 0];
    const counting = (index: number): Promise<RpcServer> =>
      started(async () => ({ text: String((counts[index] = (counts[index] ?? 0) + 1)) }));
    const client = connected([await counting(0), await counting(1)]);
    // Until both are connected, all calls go to the first that is.
    while (counts.includes(0)) await client.echo({ text: 'warm up' });
    counts.fill(0);
    for (let n = 0; n < 10; n++) await client.echo({ text: 'x' });
    expect(counts).toEqual([5, 5]);
  });

  it('goes to another name when one does not answer, within the same call', async () => {
    const server = await started(async (request) => request);
    const gone = await serve(async (request) => request);
    await gone.shutdown(0);
    const channel = createChannelClient(
      TestDefinition,
      [`localhost:${gone.port}`, `localhost:${server.port}`],
      { retryBaseDelayMs: 5 },
    );
    open.push(channel);
    for (let n = 0; n < 4; n++) expect(await channel.client.echo({ text: 'x' })).toEqual({ text: 'x' });
  });

  it('finds a server again that came back on the same port', async () => {
    const first = await serve(async (request) => request);
    const client = connected([first], { maxAttempts: 1 });
    await client.echo({ text: 'x' });
    await first.shutdown(0);
    expect(await reasonOf(client.echo({ text: 'x' }))).toBe('UNAVAILABLE');
    await started(async (request) => request, { address: `127.0.0.1:${first.port}` });
    const patient = connected([first], { maxAttempts: 10, retryBaseDelayMs: 50 });
    expect(await patient.echo({ text: 'x' })).toEqual({ text: 'x' });
  });

  it('ends a call that its caller gives up', async () => {
    const entered = Promise.withResolvers<undefined>();
    const noticed = Promise.withResolvers<undefined>();
    const client = connected([
      await started((_request, context) => {
        context.signal.addEventListener('abort', () => noticed.resolve(undefined));
        entered.resolve(undefined);
        return new Promise(() => {});
      }),
    ]);
    const giving = new AbortController();
    const call = client.echo({ text: 'x' }, { signal: giving.signal });
    await entered.promise;
    giving.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await noticed.promise;
  });

  it('reads a stream to its end', async () => {
    const server = await started(async (request) => request, {
      count: async function* ({ text }) {
        for (let n = 1; n <= Number(text); n++) yield { text: String(n) };
      },
    });
    const read: string[] = [];
    for await (const { text } of connected([server]).count({ text: '3' })) read.push(text);
    expect(read).toEqual(['1', '2', '3']);
  });
});

describe('callFailure', () => {
  it('is nothing for what is no answer of a server', () => {
    expect([new Error('x'), undefined, 'x', new DOMException('', 'AbortError')].map(callFailure)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(Status.UNAVAILABLE).toBe(14);
  });
});
