import { Client, credentials, type ClientReadableStream } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { afterEach, describe, expect, it } from 'vitest';
import { serve, type Note } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

const STREAMS = 40;
/** All streams together have more to send in one round than a connection takes at once, which is 64 KiB. */
const TEXT = 'x'.repeat(8_000);
/** How many messages of one stream show that another one, which has none, gets none. */
const HOPELESS = 500;

const same = (bytes: Buffer) => bytes;
const bytesOf = (note: Note) => Buffer.from(JSON.stringify(note));

/** A server whose streams always have something more to send, and one connection with a number of them. */
async function flooded() {
  async function* count(_request: Note, { signal }: CallContext) {
    for (let n = 0; !signal.aborted; n++) yield { text: `${n} ${TEXT}` };
  }
  const server = await serve(async (request) => request, { count, maxConcurrentPerMethod: STREAMS });
  open.push({ close: () => server.shutdown(0) });
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  open.push(client);
  const streams = Array.from({ length: STREAMS }, () => {
    const stream = client.makeServerStreamRequest(
      '/test.v1.TestService/Count',
      same,
      same,
      bytesOf({ text: '' }),
    );
    // Streams are cancelled at the end.
    stream.on('error', () => undefined);
    return stream;
  });
  return { client, streams };
}

/**
 * Reads the streams, and counts the messages of each from the time when all have had one. Ends when one of them has had `messages`
 * since then, or far too many while others had none.
 */
function toldOf(streams: readonly ClientReadableStream<Buffer>[], messages: number): Promise<number[]> {
  const told = streams.map(() => 0);
  let haveAll = false;
  const { promise, resolve } = Promise.withResolvers<number[]>();
  streams.forEach((stream, index) =>
    stream.on('data', () => {
      told[index] = (told[index] ?? 0) + 1;
      if (told[index] === (haveAll ? messages : HOPELESS)) resolve([...told]);
      if (haveAll || told.includes(0)) return;
      haveAll = true;
      told.fill(0);
    }),
  );
  return promise;
}

const between = (told: readonly number[]) => Math.max(...told) - Math.min(...told);

describe('the streams of a connection that is too slow for them', () => {
  it('are told equally often', async () => {
    const { streams } = await flooded();
    const told = await toldOf(streams, 20);
    expect(between(told)).toBeLessThanOrEqual(2);
  });

  it('are told equally often beside those whose readers take nothing', async () => {
    const { streams } = await flooded();
    const reading = streams.filter((_, index) => index % 4 !== 0 && index !== STREAMS - 1);
    const told = await toldOf(reading, 20);
    expect(between(told)).toBeLessThanOrEqual(2);
  });

  it('do not keep a call of the same connection from its answer', async () => {
    const { streams, client } = await flooded();
    const answered = Promise.withResolvers<Buffer | undefined>();
    const question = bytesOf({ text: 'hello' });
    client.makeUnaryRequest('/test.v1.TestService/Echo', same, same, question, (error, answer) =>
      error ? answered.reject(error) : answered.resolve(answer),
    );
    expect(await Promise.race([answered.promise, toldOf(streams, HOPELESS)])).toEqual(question);
  });
});
