import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallContext } from './call-context.ts';
import { unavailable } from './errors.ts';
import { restOf } from './rest-of.ts';
import { clientOf, failure, serve, type Note } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

const over = () => Promise.resolve({ done: true as const, value: undefined });
type End = (signal: AbortSignal) => Promise<IteratorResult<Note, undefined>>;

/** An iterator of these notes, which ends in this way. */
function notes(texts: readonly string[], end: End) {
  const left = [...texts];
  const leave = vi.fn(over);
  const iterate = (signal: AbortSignal) => {
    const iterator: AsyncIterableIterator<Note, undefined> = {
      next() {
        const text = left.shift();
        return text === undefined ? end(signal) : Promise.resolve({ done: false, value: { text } });
      },
      return: leave,
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  };
  return { iterate, leave };
}

const fails = () => Promise.reject(unavailable('AWAY', 'not now'));
const waits = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const stop = () => reject(new Error('gone'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

async function streaming(rest: ReturnType<typeof notes>, beforeRest: () => Promise<unknown> = over) {
  const observed: string[] = [];
  async function* count(_request: unknown, context: CallContext) {
    yield { text: 'first' };
    await beforeRest();
    yield* restOf(context, rest.iterate(context.signal));
  }
  const server = await serve(async () => ({ text: '' }), {
    count,
    maxConcurrentPerMethod: 1,
    observe: (path, status) => void observed.push(`${path} ${status}`),
  });
  open.push({ close: () => server.shutdown(0) });
  const channel = clientOf([server.port], { maxAttempts: 1 });
  open.push(channel);
  return { client: channel.client, server, observed };
}

async function textsOf(answers: AsyncIterable<Note>, texts: string[] = []): Promise<string[]> {
  for await (const { text } of answers) texts.push(text);
  return texts;
}

describe('the rest of a stream', () => {
  it('is sent behind what the handler gave, and ends the call', async () => {
    const { client, observed } = await streaming(notes(['second', 'third'], over));
    expect(await textsOf(client.count({}))).toEqual(['first', 'second', 'third']);
    await expect.poll(() => observed).toEqual(['/test.v1.TestService/Count OK']);
  });

  it('that fails ends the call with its error', async () => {
    const { client, observed } = await streaming(notes(['second'], fails));
    const texts: string[] = [];
    expect(await failure(textsOf(client.count({}), texts))).toMatchObject({ reason: 'AWAY' });
    expect(texts).toEqual(['first', 'second']);
    expect(observed).toEqual(['/test.v1.TestService/Count UNAVAILABLE']);
  });

  it('is left when its caller goes, and the place of the call is free again', async () => {
    const rest = notes(['second'], waits);
    const { client } = await streaming(rest);
    const reader = client.count({})[Symbol.asyncIterator]();
    for (const text of ['first', 'second']) expect((await reader.next()).value).toEqual({ text });
    expect(await failure(textsOf(client.count({})))).toMatchObject({ reason: 'TOO_MANY_CALLS' });
    await reader.return?.();
    await expect.poll(() => rest.leave.mock.calls.length).toBe(1);
    await expect
      .poll(async () => (await client.count({})[Symbol.asyncIterator]().next()).value)
      .toEqual({ text: 'first' });
  });

  it('is left when it comes after the call has ended', async () => {
    const rest = notes(['second'], waits);
    const going = Promise.withResolvers<void>();
    const { client, server } = await streaming(rest, () => going.promise);
    const reader = client.count({})[Symbol.asyncIterator]();
    await reader.next();
    await server.shutdown(0);
    expect(rest.leave).not.toHaveBeenCalled();
    going.resolve();
    await expect.poll(() => rest.leave.mock.calls.length).toBe(1);
  });

  it('is what was given in a call of no server', async () => {
    const { signal } = new AbortController();
    const { iterate } = notes(['second'], over);
    expect(await textsOf(restOf({}, iterate(signal)))).toEqual(['second']);
  });
});
