import { afterEach, describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from './answer-bytes.ts';
import { clientOf, failure, serve, type Note, type TestServerOptions } from './test-service.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

const ECHO = '/test.v1.TestService/Echo';
const COUNT = '/test.v1.TestService/Count';

/** A service that answers with these, one by one, and what it logs and counts. */
async function answering(...answers: readonly Note[]) {
  const logged: object[] = [];
  const counted: string[] = [];
  const [first = { text: '' }] = answers;
  const options: TestServerOptions = {
    log: { info: () => {}, warn: () => {}, error: (fields) => void logged.push(fields) },
    observe: (path, status) => counted.push(`${path} ${status}`),
    count: async function* () {
      yield* answers;
    },
  };
  const server = await serve(async () => first, options);
  open.push({ close: () => server.shutdown(0) });
  const channel = clientOf([server.port], { maxAttempts: 3 });
  open.push(channel);
  return { client: channel.client, logged, counted };
}

async function lengthsOf(notes: AsyncIterable<Note>, lengths: number[]): Promise<void> {
  for await (const { text } of notes) lengths.push(text.length);
}

/** A note of so many bytes as these tests encode it. */
const noteOf = (bytes: number): Note => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
const unencodable: Note = {
  get text(): string {
    throw new Error('value of int64 is too large');
  },
};
const tooLarge = {
  status: 'INTERNAL',
  reason: 'ANSWER_TOO_LARGE',
  metadata: { bytes: String(MAX_MESSAGE_BYTES + 1), max_bytes: String(MAX_MESSAGE_BYTES) },
};
const logOfTooLarge = { bytes: MAX_MESSAGE_BYTES + 1, maxBytes: MAX_MESSAGE_BYTES };

describe('an answer', () => {
  it('of as many bytes as a message may have is given', async () => {
    const largest = noteOf(MAX_MESSAGE_BYTES);
    const { client, counted } = await answering(largest);
    expect((await client.echo({})).text.length).toBe(largest.text.length);
    expect(counted).toEqual([`${ECHO} OK`]);
  });

  it('of one byte more fails with a reason, is logged, counted as INTERNAL and asked for once', async () => {
    const { client, logged, counted } = await answering(noteOf(MAX_MESSAGE_BYTES + 1));
    expect(await failure(client.echo({}))).toMatchObject(tooLarge);
    expect(logged).toEqual([{ path: ECHO, ...logOfTooLarge }]);
    expect(counted).toEqual([`${ECHO} INTERNAL`]);
  });

  it('that cannot be encoded fails as any fault does: with a reason, logged, counted as INTERNAL', async () => {
    const { client, logged, counted } = await answering(unencodable);
    expect(await failure(client.echo({}))).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' });
    expect(logged).toEqual([
      { path: ECHO, err: expect.objectContaining({ message: 'value of int64 is too large' }) },
    ]);
    expect(counted).toEqual([`${ECHO} INTERNAL`]);
  });
});

describe('a message of a stream', () => {
  it.each([
    ['is too large', noteOf(MAX_MESSAGE_BYTES + 1), tooLarge, logOfTooLarge],
    [
      'cannot be encoded',
      unencodable,
      { status: 'INTERNAL', reason: 'INTERNAL' },
      { err: expect.any(Error) },
    ],
  ])('that %s ends it in the same way, behind what was sent', async (_kind, note, failed, log) => {
    const { client, logged, counted } = await answering({ text: 'one' }, note, { text: 'three' });
    const lengths: number[] = [];
    expect(await failure(lengthsOf(client.count({}), lengths))).toMatchObject(failed);
    expect(lengths).toEqual([3]);
    expect(logged).toEqual([{ path: COUNT, ...log }]);
    expect(counted).toEqual([`${COUNT} INTERNAL`]);
  });
});

describe('an object that many callers are given', () => {
  /** How often one object of these streams was encoded, when all have it. */
  async function encodings(streams: number, options: TestServerOptions): Promise<number> {
    let encoded = 0;
    const note: Note = {
      get text() {
        encoded += 1;
        return 'one and the same';
      },
    };
    const count = async function* () {
      yield note;
    };
    const server = await serve(async () => note, { ...options, count });
    open.push({ close: () => server.shutdown(0) });
    const { client, close } = clientOf([server.port]);
    open.push({ close });
    const all = Array.from({ length: streams }, async () => {
      const texts: string[] = [];
      for await (const { text } of client.count({})) texts.push(text);
      return texts;
    });
    expect(await Promise.all(all)).toEqual(Array.from(all, () => ['one and the same']));
    return encoded;
  }

  it('is encoded once where its method says so', async () => {
    expect(await encodings(20, { sharedAnswersOf: [COUNT] })).toBe(1);
  });

  it('is encoded for each of them elsewhere: it may have changed', async () => {
    expect(await encodings(20, { sharedAnswersOf: [ECHO] })).toBe(20);
  });
});
