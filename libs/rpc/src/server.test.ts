import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { HealthDefinition } from 'nice-grpc-server-health';
import { createChannelClient } from './channels.ts';
import { refusalError, regionBehind, resourceExhausted, unavailable } from './errors.ts';
import { Status, type CallContext } from 'nice-grpc';
import type { RpcServer } from './server.ts';
import { clientOf, failure, serve, type TestServerOptions } from './test-service.ts';

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

async function talking(echo: Echo, options: TestServerOptions = {}) {
  const server = await started(echo, options);
  const channel = clientOf([server.port], { maxAttempts: 1 });
  open.push(channel);
  return { server, client: channel.client };
}

describe('a stream', () => {
  const text = 'x'.repeat(200_000);

  /** How many of its handlers are at work, and its client. */
  async function streaming(streamIdleMs: number) {
    let atWork = 0;
    async function* count(request: { readonly text: string }, { signal }: CallContext) {
      atWork += 1;
      try {
        for (let n = 0; n < Number(request.text); n++) yield { text };
        if (request.text === '1') await once(signal, 'abort');
      } finally {
        atWork -= 1;
      }
    }
    const { client } = await talking(async (request) => request, { count, streamIdleMs });
    return { client, atWork: () => atWork };
  }

  it('is ended when its reader takes nothing of it, and its place is freed', async () => {
    const { client, atWork } = await streaming(500);
    const reader = client.count({ text: '1000' })[Symbol.asyncIterator]();
    await reader.next();
    expect(atWork()).toBe(1);
    await expect.poll(atWork).toBe(0);
    const rest = async () => {
      for (let step = await reader.next(); !step.done; step = await reader.next());
    };
    expect((await failure(rest())).status).toBe('RESOURCE_EXHAUSTED');
  });

  it('goes on as long as its reader takes some of it now and then', async () => {
    const { client } = await streaming(1_000);
    let taken = 0;
    for await (const note of client.count({ text: '60' })) {
      taken += note.text.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken).toBe(60 * text.length);
  });

  it('that has nothing to say lasts', async () => {
    const { client, atWork } = await streaming(500);
    const reader = client.count({ text: '1' })[Symbol.asyncIterator]();
    await reader.next();
    // Another stream, of which nothing is taken, is ended meanwhile.
    const silent = client.count({ text: '1000' })[Symbol.asyncIterator]();
    await silent.next();
    expect(atWork()).toBe(2);
    await expect.poll(atWork).toBe(1);
    await reader.return?.();
    await expect.poll(atWork).toBe(0);
  });
});

describe('a call', () => {
  it('is answered', async () => {
    const { client } = await talking(async ({ text }) => ({ text: text.toUpperCase() }));
    expect(await client.echo({ text: 'hello' })).toEqual({ text: 'HELLO' });
  });

  it('is refused before the handler when its fields break their rules, and told which', async () => {
    let handled = 0;
    const { client } = await talking(async (request) => ({ text: `${request.text}${(handled += 1)}` }), {
      check: (path, request) => ({
        violations: [{ field: 'lines[0].text', description: `${path} ${JSON.stringify(request)}` }],
        request,
      }),
    });
    expect(await failure(client.echo({ text: 'x' }))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'INVALID_ARGUMENT',
      fieldViolations: [{ field: 'lines[0].text', description: '/test.v1.TestService/Echo {"text":"x"}' }],
    });
    expect(handled).toBe(0);
  });

  it('reaches its handler in the form that the check gives it', async () => {
    const { client } = await talking(async ({ text }) => ({ text }), {
      check: (_path, request) => ({
        violations: [],
        request: Object.assign({}, request, { text: 'as it is kept' }),
      }),
    });
    expect(await client.echo({ text: 'as typed' })).toEqual({ text: 'as it is kept' });
  });

  it('tells a refusal with its code, message and violations', async () => {
    const violations = [{ type: 'INSUFFICIENT_STOCK', subject: 'product/85123A', description: 'short by 2' }];
    for (const [kind, status] of [
      ['not-found', 'NOT_FOUND'],
      ['already-exists', 'ALREADY_EXISTS'],
      ['failed-precondition', 'FAILED_PRECONDITION'],
      ['version-mismatch', 'ABORTED'],
    ] as const) {
      const { client } = await talking(async () => {
        throw refusalError({ kind, code: 'SOME_CODE', message: 'no, £1 short', violations });
      });
      expect(await failure(client.echo({}))).toMatchObject({
        status,
        reason: 'SOME_CODE',
        message: 'no, £1 short (product/85123A: short by 2)',
        violations,
      });
    }
  });

  it('tells how far a region is behind', async () => {
    const { client } = await talking(async () => {
      throw regionBehind({
        region: 'us-east',
        missing: [{ partitionKey: 'orders/3', required: 120n, applied: 100n }],
      });
    });
    expect(await failure(client.echo({}))).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'REGION_BEHIND',
      metadata: { region: 'us-east', 'orders/3': 'required=120 applied=100' },
    });
  });

  it('tells nothing of an error that nobody foresaw, but logs it', async () => {
    const logged: unknown[] = [];
    const log = { info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) };
    const secret = new Error('password=hunter2');
    const { client } = await talking(() => Promise.reject(secret), { log });
    const failed = await failure(client.echo({}));
    expect(failed).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL', message: 'internal error' });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
    expect(logged).toEqual([{ err: secret, path: '/test.v1.TestService/Echo' }]);
  });

  it('larger than 4 MiB is refused', async () => {
    const { client } = await talking(async (request) => request);
    expect((await failure(client.echo({ text: 'x'.repeat(5 * 1024 * 1024) }))).status).toBe(
      'RESOURCE_EXHAUSTED',
    );
  });

  it('is told of once when it begins and observed once, with its status', async () => {
    const seen: string[] = [];
    const { client } = await talking(
      async ({ text }) => {
        if (text === 'bad') throw unavailable('STORE_DOWN', 'try later', { retryDelayMs: 1_500 });
        return { text };
      },
      {
        onBegun: (path) => seen.push(`${path} begins`),
        observe: (path, status, durationMs) => seen.push(`${path} ${status} ${durationMs >= 0}`),
      },
    );
    await client.echo({ text: 'good' });
    await failure(client.echo({ text: 'bad' }));
    expect(seen).toEqual([
      '/test.v1.TestService/Echo begins',
      '/test.v1.TestService/Echo OK true',
      '/test.v1.TestService/Echo begins',
      '/test.v1.TestService/Echo UNAVAILABLE true',
    ]);
  });

  it('beyond the bound of its method is RESOURCE_EXHAUSTED, and the bound is freed again', async () => {
    const gate = Promise.withResolvers<undefined>();
    const entered = Promise.withResolvers<undefined>();
    const { client } = await talking(
      async (request) => {
        entered.resolve(undefined);
        await gate.promise;
        return request;
      },
      { maxConcurrentPerMethod: 1 },
    );
    const first = client.echo({ text: 'first' });
    await entered.promise;
    expect(await failure(client.echo({ text: 'second' }))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_CALLS',
    });
    gate.resolve(undefined);
    expect(await first).toEqual({ text: 'first' });
    expect(await client.echo({ text: 'third' })).toEqual({ text: 'third' });
  });
});

describe('a call that waits', () => {
  /** A server with two places for calls and two for calls that wait; `wait` waits until the gate is opened, anything else does not. */
  async function waiting() {
    const gate = Promise.withResolvers<undefined>();
    let waits = 0;
    const { client } = await talking(
      async (request, context) => {
        if (request.text !== 'wait') return request;
        const done = context.startWaiting();
        waits += 1;
        await gate.promise;
        done();
        return request;
      },
      { maxConcurrentPerMethod: 2, maxWaitingPerMethod: 2 },
    );
    return { client, gate, waits: () => waits };
  }

  it('takes no place of those that need not wait', async () => {
    const { client, gate, waits } = await waiting();
    const held = [client.echo({ text: 'wait' }), client.echo({ text: 'wait' })];
    await expect.poll(waits).toBe(2);
    expect(await client.echo({ text: 'now' })).toEqual({ text: 'now' });
    gate.resolve(undefined);
    expect(await Promise.all(held)).toEqual([{ text: 'wait' }, { text: 'wait' }]);
  });

  it('has a bound of its own, says when to try again, and frees its place at its end', async () => {
    const { client, gate, waits } = await waiting();
    const ending = new AbortController();
    const held = [client.echo({ text: 'wait' }), client.echo({ text: 'wait' }, { signal: ending.signal })];
    await expect.poll(waits).toBe(2);
    expect(await failure(client.echo({ text: 'wait' }))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_WAITING',
    });
    expect(await client.echo({ text: 'now' })).toEqual({ text: 'now' });
    ending.abort();
    gate.resolve(undefined);
    await Promise.allSettled(held);
    expect(await client.echo({ text: 'wait' })).toEqual({ text: 'wait' });
  });
});

describe('a deadline', () => {
  it("is the caller's, and a handler is told to answer a little before it", async () => {
    let answerBy = new Date(0);
    const { client } = await talking(async (request, context) => {
      answerBy = context.deadline;
      return request;
    });
    const before = Date.now();
    await client.echo({ text: 'x' }, { deadline: 30_000 });
    expect(answerBy.getTime()).toBeGreaterThan(before + 29_000);
    expect(answerBy.getTime()).toBeLessThanOrEqual(Date.now() + 29_900);
  });

  it('is the default when the caller names none, and ends a handler that does not heed it', async () => {
    const aborted = Promise.withResolvers<undefined>();
    const { server } = await talking(
      (_request, context) => {
        context.signal.addEventListener('abort', () => aborted.resolve(undefined));
        return new Promise(() => {});
      },
      { defaultDeadlineMs: 50 },
    );
    const answer = await rawCall(server.port, Buffer.from('{"text":"x"}'));
    expect(answer['grpc-status']).toBe(String(Status.DEADLINE_EXCEEDED));
    await aborted.promise;
  });

  it.each(['2160000S', '2592000S', '1080H', '2376H', '99999999H', '99999999S', '99999999m'])(
    'may be as long as a caller likes: %s',
    async (timeout) => {
      let leftMs = 0;
      const { server } = await talking(async (request, context) => {
        leftMs = context.deadline.getTime() - Date.now();
        // Timers run that are already over.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return request;
      });
      const answer = await rawCall(server.port, Buffer.from('{"text":"x"}'), { 'grpc-timeout': timeout });
      expect(answer['grpc-status']).toBe('0');
      expect(leftMs).toBeGreaterThan(86_400_000);
      // A handler may give it to a timer, which takes no more.
      expect(leftMs).toBeLessThan(2 ** 31 - 1_000);
    },
  );

  it.each(['0S', '0m', '0n', '1n'])('that has passed ends a call before its handler: %s', async (timeout) => {
    let handled = 0;
    const { server } = await talking(async (request) => {
      handled += 1;
      return request;
    });
    const answer = await rawCall(server.port, Buffer.from('{"text":"x"}'), { 'grpc-timeout': timeout });
    expect(answer['grpc-status']).toBe(String(Status.DEADLINE_EXCEEDED));
    expect(handled).toBe(0);
  });

  it('that is none is told, but not repeated at any length', async () => {
    const { server } = await talking(async (request) => request);
    const timeout = 'soon'.repeat(2_000);
    const answer = await rawCall(server.port, Buffer.from('{"text":"x"}'), { 'grpc-timeout': timeout });
    expect(answer['grpc-status']).toBe(String(Status.INTERNAL));
    expect(String(answer['grpc-message']).length).toBeLessThan(200);
  });

  it("cannot be forged by a caller's header", async () => {
    let answerBy = new Date(0);
    const { server } = await talking(async (request, context) => {
      answerBy = context.deadline;
      return request;
    });
    await rawCall(server.port, Buffer.from('{"text":"x"}'), {
      'meridian-internal-deadline': '99999999999999',
    });
    expect(answerBy.getTime()).toBeLessThan(Date.now() + 6_000);
  });
});

describe('a shutdown', () => {
  it('shows NOT_SERVING to watchers, lets calls under way end and takes no new ones', async () => {
    const gate = Promise.withResolvers<undefined>();
    const entered = Promise.withResolvers<undefined>();
    const { server, client } = await talking(
      async (request) => {
        entered.resolve(undefined);
        await gate.promise;
        return request;
      },
      { shutdownPauseMs: 50 },
    );
    server.setServing(true);
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`]);
    open.push(health);
    const seen: number[] = [];
    const seenNotServing = Promise.withResolvers<undefined>();
    const watching = (async () => {
      for await (const { status } of health.client.watch({ service: '' })) {
        seen.push(status);
        if (Number(status) === 2) seenNotServing.resolve(undefined);
      }
    })().catch(() => {});
    const call = client.echo({ text: 'under way' });
    await entered.promise;
    const stopped = server.shutdown(10_000);
    await Promise.all([seenNotServing.promise, watching]);
    gate.resolve(undefined);
    expect(await call).toEqual({ text: 'under way' });
    await stopped;
    expect(seen).toEqual([1, 2]);
    expect((await failure(client.echo({ text: 'late' }))).status).toBe('UNAVAILABLE');
  });

  it('cuts what is left when the grace is over', async () => {
    const entered = Promise.withResolvers<undefined>();
    const { server, client } = await talking(() => {
      entered.resolve(undefined);
      return new Promise(() => {});
    });
    const call = failure(client.echo({ text: 'for ever' }, { deadline: 60_000 }));
    await entered.promise;
    await Promise.all([server.shutdown(30), server.shutdown(30)]);
    expect(await call).toMatchObject({ status: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' });
  });
});

describe('an error whose message is cut', () => {
  it('reaches the caller also when the cut went through a character', async () => {
    const { client } = await talking(async () => {
      throw unavailable('AWAY', `${'x'.repeat(1_199)}\u{1F600}`);
    });
    expect(await failure(client.echo({ text: 'x' }))).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'AWAY',
    });
  });
});

describe('errors for overload', () => {
  it('say when to try again', () => {
    const [, retry] = resourceExhausted('QUEUE_FULL', 'the queue is full', 1_250).extra;
    expect(retry).toMatchObject({ retryDelay: { seconds: 1, nanos: 250_000_000 } });
  });
});

/** A call by hand, for what a client would never send; its trailers. */
async function rawCall(
  port: number,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const session = connect(`http://127.0.0.1:${port}`);
  open.push({ close: () => session.destroy() });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/test.v1.TestService/Echo',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let answer: Record<string, unknown> = {};
  stream.on('response', (received) => (answer = { ...answer, ...received }));
  stream.on('trailers', (received) => (answer = { ...answer, ...received }));
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, 5);
  stream.end(frame);
  stream.resume();
  await once(stream, 'close');
  return answer;
}
