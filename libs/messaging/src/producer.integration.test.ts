import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

  it('rejects when Kafka does not acknowledge in time, and sends what comes next, in order', async () => {
    own = await createEventProducer(test.kafka);
    const late = own.send(test.messages(2, 1, 3), { timeoutMs: 0 });
    const next = own.send(test.messages(2, 4, 6), IN_TIME);
    await expect(late).rejects.toThrow(ProducerTimeoutError);
    await next;
    const arrived = await valuesOf(2);
    // Whether the late batch arrived is not known; the later one did, once and in order.
    expect(arrived.filter((value) => Number(value) > 3)).toEqual(numbers(4, 6));
  });

  it('passes on what the broker refuses, and sends what comes next', async () => {
    own = await createEventProducer(test.kafka);
    const refused = test.messages(3, 1, 1).map((message) => ({ ...message, topic: `${test.topic}-absent` }));
    await expect(own.send(refused, { timeoutMs: 15_000 })).rejects.toThrow();
    await own.send(test.messages(3, 2, 2), IN_TIME);
    expect(await valuesOf(3)).toEqual(['2']);
  });
});
