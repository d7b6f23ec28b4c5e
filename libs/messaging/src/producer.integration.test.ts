import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readTails } from './partition-tails.ts';
import { createEventProducer, ProducerTimeoutError, type EventProducer } from './producer.ts';
import { createTestTopic, type TestTopic } from './testing/test-topic.ts';

const IN_TIME = { timeoutMs: 20_000 };
let test: TestTopic;
let producer: EventProducer;

beforeAll(async () => {
  test = await createTestTopic(4);
  producer = await createEventProducer(test.kafka);
});
afterAll(async () => {
  await producer.close();
  await test.drop();
});

/** All values of a partition, in their order. */
async function valuesOf(partition: number): Promise<readonly string[]> {
  const tails = await readTails({ kafka: test.kafka, topics: [test.topic], count: 10_000 });
  const found = tails.find((tail) => tail.partition === partition);
  return (found?.messages ?? []).map(({ value }) => String(value));
}

/** Drops all bytes that are written to any socket, until restored. */
function loseWrites() {
  const held = vi.spyOn(Socket.prototype, 'write').mockReturnValue(true);
  return { restore: () => held.mockRestore() };
}

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

describe('an event producer', () => {
  it('keeps the order of a partition, over sends that were not waited for', async () => {
    const sends = Array.from({ length: 20 }, (_, index) =>
      producer.send(test.messages(0, index * 50 + 1, index * 50 + 50), IN_TIME),
    );
    await Promise.all(sends);
    expect(await valuesOf(0)).toEqual(numbers(1, 1_000));
  });

  it('compresses with ZSTD: what is larger than a message may be arrives whole when it packs well', async () => {
    const value = Buffer.alloc(3_000_000, 'meridian ');
    const [message] = test.messages(1, 1, 1);
    if (!message) throw new Error('a message');
    await producer.send([{ ...message, value }], IN_TIME);
    const [tail] = (await readTails({ kafka: test.kafka, topics: [test.topic], count: 1 })).filter(
      ({ partition }) => partition === 1,
    );
    const [received] = tail?.messages ?? [];
    expect(received?.value?.equals(value)).toBe(true);
    expect(String(received?.headers['number'])).toBe('1');
    expect(String(received?.key)).toBe('1');
  });

  it('sends nothing for an empty batch', async () => {
    await producer.send([], { timeoutMs: 0 });
  });
});

describe('an event producer after a failure', () => {
  let own: EventProducer;
  afterEach(() => own.close());

  it('rejects when Kafka is late, sends nothing of it afterwards, and goes on with what comes next', async () => {
    const connected = vi.fn(() => Promise.resolve());
    own = await createEventProducer(test.kafka, { onConnected: connected });
    await own.send(test.messages(2, 1, 3), IN_TIME);
    const writes = loseWrites();
    await expect(own.send(test.messages(2, 1, 3), { timeoutMs: 300 })).rejects.toThrow(ProducerTimeoutError);
    writes.restore();
    await own.send(test.messages(2, 4, 6), IN_TIME);
    expect(connected).toHaveBeenCalledTimes(2);
    expect(await valuesOf(2)).toEqual(numbers(1, 6));
  });

  it('closes a connection that was not made in time, and makes another for what comes next', async () => {
    own = await createEventProducer(test.kafka);
    const opened = vi.spyOn(Socket.prototype, 'connect');
    const writes = loseWrites();
    for (const number of [4_001, 4_002])
      await expect(own.send(test.messages(0, number, number), { timeoutMs: 300 })).rejects.toThrow(
        ProducerTimeoutError,
      );
    const abandoned = opened.mock.contexts.filter((socket) => socket instanceof Socket);
    expect(abandoned.length).toBeGreaterThan(0);
    expect(abandoned.every(({ destroyed }) => destroyed)).toBe(true);
    writes.restore();
    opened.mockRestore();
    await own.send(test.messages(0, 4_003, 4_003), IN_TIME);
    expect((await valuesOf(0)).filter((value) => Number(value) > 4_000)).toEqual(['4003']);
  });

  it('sends nothing whose time is over before its turn, and stays connected', async () => {
    const connected = vi.fn(() => Promise.resolve());
    own = await createEventProducer(test.kafka, { onConnected: connected });
    await expect(own.send(test.messages(0, -3, -1), { timeoutMs: 0 })).rejects.toThrow(ProducerTimeoutError);
    await own.send(test.messages(0, 2_001, 2_001), IN_TIME);
    expect(connected).toHaveBeenCalledTimes(1);
    expect(await valuesOf(0)).not.toContain('-1');
  });

  it('passes on what the broker refuses, and sends what comes next', async () => {
    own = await createEventProducer(test.kafka);
    const refused = test.messages(3, 1, 1).map((message) => ({ ...message, topic: `${test.topic}-absent` }));
    await expect(own.send(refused, { timeoutMs: 15_000 })).rejects.toThrow('does not host this topic');
    await own.send(test.messages(3, 2, 2), IN_TIME);
    expect(await valuesOf(3)).toEqual(['2']);
  });

  it('sends nothing on a new connection that is refused by who asked for it', async () => {
    let refusing = false;
    const onConnected = async () => {
      if (refusing) throw new Error('not the same Kafka');
    };
    own = await createEventProducer(test.kafka, { onConnected });
    const refused = test.messages(3, 1, 1).map((message) => ({ ...message, topic: `${test.topic}-absent` }));
    await expect(own.send(refused, IN_TIME)).rejects.toThrow();
    refusing = true;
    await expect(own.send(test.messages(3, 7, 7), IN_TIME)).rejects.toThrow('not the same Kafka');
    refusing = false;
    await own.send(test.messages(3, 8, 8), IN_TIME);
    const values = await valuesOf(3);
    expect([values.includes('7'), values.includes('8')]).toEqual([false, true]);
  });
});
