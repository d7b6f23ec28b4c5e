import { Metadata } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessControl } from './access.ts';
import { createChannelClient } from './channels.ts';
import { notFound, permissionDenied, unauthenticated } from './errors.ts';
import type { RpcServer } from './server.ts';
import { clientOf, failure, serve, type Note, type TestServerOptions } from './test-service.ts';

/** Takes `authorization: NAME` for who calls; mallory may call nothing, and carl sees notes of carl only. */
const access: AccessControl = {
  identify({ authorization: [name], certificate }) {
    if (typeof name !== 'string') throw unauthenticated('TOKEN_MISSING', 'send a token');
    return { id: name, actor: `${name}/${certificate ?? ''}`, roles: [], expiresAtMs: expiresAtMs() };
  },
  permit(_path, { id }, request) {
    if (id === 'mallory') throw permissionDenied('METHOD_NOT_ALLOWED', 'you may not');
    if (id !== 'carl') return undefined;
    const hidden = { reason: 'NOTE_NOT_FOUND', message: `you have no note ${String(Object(request).text)}` };
    return { customerId: id, hidden, isOwn: (answer) => String(Object(answer).text).startsWith('carl') };
  },
};
let expiresAtMs = (): number | undefined => undefined;

const as = (name: string) => ({ metadata: Metadata({ authorization: name }) });
const opened: { close?(): void; shutdown?(graceMs: number): Promise<void> }[] = [];

async function closed(options: TestServerOptions = {}, echo = (note: Note) => note) {
  const refused: string[] = [];
  const server: RpcServer = await serve(async (note) => echo(note), {
    access,
    onRefused: (path, reason) => refused.push(`${path} ${reason}`),
    ...options,
  });
  const { client, close } = clientOf([server.port], { maxAttempts: 1 });
  opened.push({ close }, server);
  return { client, refused };
}

afterEach(async () => {
  for (const { close } of opened) close?.();
  for (const { shutdown } of opened.splice(0)) await shutdown?.(0);
  expiresAtMs = () => undefined;
});

describe('a closed server', () => {
  it('refuses whoever proves nothing, before it says what is wrong with a request, and counts it', async () => {
    const { client, refused } = await closed({
      check: (_path, request) => ({ violations: [{ field: 'text', description: 'is secret' }], request }),
    });
    expect(await failure(client.echo({ text: 'x' }))).toMatchObject({
      status: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
      message: 'send a token',
    });
    expect(await failure(client.echo({ text: 'x' }, as('mallory')))).toMatchObject({
      status: 'PERMISSION_DENIED',
      reason: 'METHOD_NOT_ALLOWED',
    });
    expect(await failure(client.echo({ text: 'x' }, as('anna')))).toMatchObject({
      status: 'INVALID_ARGUMENT',
    });
    expect(refused).toEqual(
      ['TOKEN_MISSING', 'METHOD_NOT_ALLOWED'].map((r) => `/test.v1.TestService/Echo ${r}`),
    );
  });

  it('answers health to everybody', async () => {
    const server = await serve(async (note) => note, { access });
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`]);
    opened.push(health, server);
    server.setServing(true);
    expect(Number((await health.client.check({ service: '' })).status)).toBe(1);
  });

  it('tells its handlers who calls, and takes no word of a caller for a certificate', async () => {
    const seen: unknown[] = [];
    const { client } = await closed({}, (note) => note);
    const forged = Metadata({ authorization: 'anna', 'meridian-internal-certificate': 'journal' });
    const server = await serve(
      async (note, context) => {
        seen.push(context.admitted?.caller.actor);
        return note;
      },
      { access },
    );
    const other = clientOf([server.port]);
    opened.push(other, server);
    await other.client.echo({ text: 'x' }, { metadata: forged });
    await client.echo({ text: 'x' }, as('anna'));
    expect(seen).toEqual(['anna/']);
  });

  it('hides what is somebody else’s in the words for what does not exist', async () => {
    const { client } = await closed({}, (note) => {
      if (note.text === 'none') throw notFound('OTHER', 'eu-west has none');
      return note;
    });
    expect(await client.echo({ text: 'carl 1' }, as('carl'))).toEqual({ text: 'carl 1' });
    const others = await failure(client.echo({ text: 'ben' }, as('carl')));
    const none = await failure(client.echo({ text: 'none' }, as('carl')));
    expect(others).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'NOTE_NOT_FOUND',
      message: 'you have no note ben',
    });
    expect({ ...none, message: none.message.replace('none', 'ben') }).toEqual(others);
  });

  it('sends no message of a stream that is somebody else’s', async () => {
    const count = async function* () {
      yield { text: 'carl 1' };
      yield { text: 'ben 2' };
    };
    const { client } = await closed({ count });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { text } of client.count({ text: 'x' }, as('carl'))) texts.push(text);
    })();
    expect(await failure(reading)).toMatchObject({ reason: 'NOTE_NOT_FOUND' });
    expect(texts).toEqual(['carl 1']);
  });

  it('ends a stream when the token of its caller expires, with a reason of its own', async () => {
    expiresAtMs = () => Date.now() + 50;
    let isTold = false;
    const { client } = await closed({
      async *count(_request, { signal }) {
        yield { text: 'first' };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        isTold = true;
      },
    });
    const reading = (async () => {
      for await (const note of client.count({ text: 'x' }, as('anna'))) expect(note.text).toBe('first');
    })();
    expect(await failure(reading)).toMatchObject({
      status: 'UNAUTHENTICATED',
      reason: 'STREAM_TOKEN_EXPIRED',
    });
    await expect.poll(() => isTold).toBe(true);
  });

  it('lets one caller have so many calls and streams under way, and others theirs', async () => {
    const held: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => held.push(resolve));
    const server = await serve(
      async (note) => {
        if (note.text === 'wait') await wait();
        return note;
      },
      {
        access,
        maxCallsPerCaller: 1,
        maxStreamsPerCaller: 1,
        async *count() {
          yield { text: 'open' };
          await wait();
        },
      },
    );
    const { client, close } = clientOf([server.port], { maxAttempts: 1 });
    opened.push({ close }, server);
    const waiting = client.echo({ text: 'wait' }, as('anna'));
    const stream = client.count({ text: '' }, as('anna'))[Symbol.asyncIterator]();
    await stream.next();
    await expect.poll(() => held.length).toBe(2);
    expect(await failure(client.echo({ text: 'x' }, as('anna')))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_CALLS_OF_CALLER',
    });
    const second = client.count({ text: '' }, as('anna'))[Symbol.asyncIterator]();
    expect(await failure(second.next())).toMatchObject({ reason: 'TOO_MANY_STREAMS_OF_CALLER' });
    expect(await client.echo({ text: 'x' }, as('ben'))).toEqual({ text: 'x' });
    for (const end of held) end();
    await waiting;
    expect(await client.echo({ text: 'y' }, as('anna'))).toEqual({ text: 'y' });
  });
});
