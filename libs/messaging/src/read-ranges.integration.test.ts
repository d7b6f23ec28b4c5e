import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventProducer, type EventProducer } from './producer.ts';
import { readRanges, type RangeOptions } from './read-ranges.ts';
import { createTestTopic, type TestTopic } from './testing/test-topic.ts';

const PARTITIONS = 4;
const MESSAGES = 9;
/** A fetch brings a megabyte of a partition: this makes several pieces. */
const BYTES = 300_000;
let test: TestTopic;
let producer: EventProducer;

beforeEach(async () => {
  test = await createTestTopic(PARTITIONS);
  producer = await createEventProducer(test.kafka);
});
afterEach(async () => {
  await producer.close();
  await test.drop();
});

/** Fills partitions with messages that stay long. The leaders of a new topic may not know the topic yet. */
async function fill(partitions: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition++)
    for (let n = 0; n < MESSAGES; n++) {
      const message = {
        topic: test.topic,
        partition,
        key: String(n),
        headers: {},
        value: randomBytes(BYTES),
      };
      for (let tries = 1; ; tries++) {
        try {
          await producer.send([message], { timeoutMs: 20_000 });
          break;
        } catch (error) {
          if (tries === 20) throw error;
        }
      }
    }
}

const read = (partitions: number, more: Pick<RangeOptions, 'onMessages'> & Partial<RangeOptions>) =>
  readRanges({
    kafka: test.kafka,
    ranges: Array.from({ length: partitions }, (_, partition) => ({ topic: test.topic, partition })),
    signal: AbortSignal.timeout(60_000),
    ...more,
  });

const allOf = (partitions: number) =>
  new Map(Array.from({ length: partitions }, (_, partition) => [partition, MESSAGES]));

describe('reading ranges', () => {
  it('goes on with the other partitions while one is worked on, each message once and in order', async () => {
    await fill(3);
    const seen = new Map<number, number>();
    const others = Promise.withResolvers<void>();
    await read(3, {
      async onMessages(_topic, partition, messages) {
        const before = seen.get(partition) ?? 0;
        expect(messages.map(({ offset }) => Number(offset) - before)).toEqual([...messages.keys()]);
        if (partition === 0) await others.promise;
        seen.set(partition, before + messages.length);
        if (seen.get(1) === MESSAGES && seen.get(2) === MESSAGES) others.resolve();
        return 'more';
      },
    });
    expect(seen).toEqual(allOf(3));
  });

  it('reads as many partitions at once as it may', async () => {
    await fill(PARTITIONS);
    const underWay = new Set<number>();
    const seen = new Map<number, number>();
    const two = Promise.withResolvers<void>();
    let most = 0;
    await read(PARTITIONS, {
      partitionsAtOnce: 2,
      async onMessages(_topic, partition, messages) {
        underWay.add(partition);
        most = Math.max(most, underWay.size);
        if (underWay.size === 2) two.resolve();
        await two.promise;
        const now = (seen.get(partition) ?? 0) + messages.length;
        seen.set(partition, now);
        if (now === MESSAGES) underWay.delete(partition);
        return 'more';
      },
    });
    expect(most).toBe(2);
    expect(seen).toEqual(allOf(PARTITIONS));
  });

  it('begins where it is told, and ends with a partition when it has enough of it', async () => {
    await fill(2);
    const offsets: string[][] = [[], []];
    await readRanges({
      kafka: test.kafka,
      ranges: [
        { topic: test.topic, partition: 0, from: 7n },
        { topic: test.topic, partition: 1, from: 2n },
      ],
      partitionsAtOnce: 1,
      signal: AbortSignal.timeout(60_000),
      async onMessages(_topic, partition, messages) {
        await Promise.resolve();
        offsets[partition]?.push(...messages.map(({ offset }) => offset));
        return partition === 1 ? 'enough' : 'more';
      },
    });
    expect(offsets[0]).toEqual(['7', '8']);
    expect(offsets[1]?.[0]).toBe('2');
    expect(offsets[1]?.length).toBeLessThan(MESSAGES - 2);
  });

  it('reads nothing of a partition from its end on, and all of one that is shorter than it was', async () => {
    await fill(2);
    const seen = new Map<number, number>();
    await readRanges({
      kafka: test.kafka,
      ranges: [
        { topic: test.topic, partition: 0, from: BigInt(MESSAGES) },
        { topic: test.topic, partition: 1, from: BigInt(MESSAGES + 1) },
      ],
      signal: AbortSignal.timeout(60_000),
      async onMessages(_topic, partition, messages) {
        await Promise.resolve();
        seen.set(partition, (seen.get(partition) ?? 0) + messages.length);
        return 'more';
      },
    });
    expect(seen).toEqual(new Map([[1, MESSAGES]]));
  });

  it('rejects when Kafka drops all that is left of a partition before its turn', async () => {
    await fill(2);
    const admin = test.kafka.admin();
    await admin.connect();
    // kafkajs deletes only where it has looked before.
    await admin.fetchTopicOffsets(test.topic);
    const begun = new Set<number>();
    const reading = read(2, {
      partitionsAtOnce: 1,
      lookEveryMs: 100,
      async onMessages(topic, partition) {
        begun.add(partition);
        const others = [{ partition: 1 - partition, offset: String(MESSAGES) }];
        await admin.deleteTopicRecords({ topic, partitions: others });
        return 'more';
      },
    });
    await expect(reading).rejects.toThrow('Kafka dropped offset 0 while it was to be read');
    expect(begun.size).toBe(1);
    await admin.disconnect();
  });

  it('rejects with the first failure when no work is under way any more', async () => {
    await fill(2);
    const both = Promise.withResolvers<void>();
    const begun = new Set<number>();
    let isOtherDone = false;
    const reading = read(2, {
      async onMessages(_topic, partition) {
        begun.add(partition);
        if (begun.size === 2) both.resolve();
        await both.promise;
        if (partition === 0) throw new Error('not this one');
        await new Promise((resolve) => setTimeout(resolve, 200));
        isOtherDone = true;
        return 'more';
      },
    });
    await expect(reading).rejects.toThrow('not this one');
    expect(isOtherDone).toBe(true);
  });
});
