import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startConsumer } from './consumer.ts';
import { createEventProducer } from './producer.ts';
import { createTestTopic, testKafka, testName, type TestTopic } from './testing/test-topic.ts';
import { consumerLag, deleteTopics, ensureTopics, findGroups, TopicPartitionsError } from './topics.ts';

let test: TestTopic;

beforeAll(async () => {
  test = await createTestTopic(3);
});
afterAll(() => test.drop());

describe('ensureTopics', () => {
  it('makes what is missing, also when several do so at once, and leaves the rest as it is', async () => {
    const kafka = testKafka();
    const topics = [testName(), testName()];
    await Promise.all([1, 2, 3].map(() => ensureTopics(kafka, topics, 5)));
    await ensureTopics(kafka, [test.topic], 3);
    const lags = await consumerLag(kafka, testName(), topics);
    expect(lags.map(({ topic }) => topic)).toEqual(topics.flatMap((topic) => Array<string>(5).fill(topic)));
    await deleteTopics(kafka, topics);
  });

  it('refuses a topic with another number of partitions: order per aggregate would be lost', async () => {
    await expect(ensureTopics(test.kafka, [test.topic], 12)).rejects.toThrow(TopicPartitionsError);
  });
});

describe('deleteTopics', () => {
  it('passes over what does not exist', async () => {
    await deleteTopics(test.kafka, [testName()]);
  });
});

describe('how far a group is', () => {
  it('is all there is before it has consumed, and nothing when it has; its members come and go', async () => {
    const groupId = test.groupId();
    const producer = await createEventProducer(test.kafka);
    await producer.send([...test.messages(0, 1, 3), ...test.messages(2, 1, 4)], { timeoutMs: 20_000 });
    await producer.close();
    const lag = async () => (await consumerLag(test.kafka, groupId, [test.topic])).map((one) => one.lag);
    expect(await lag()).toEqual([3n, 0n, 4n]);
    expect(await findGroups(test.kafka, groupId)).toEqual([]);
    const consumer = await startConsumer({
      kafka: test.kafka,
      topics: [test.topic],
      groupId,
      onBatch: () => Promise.resolve(),
      onCrash: () => undefined,
    });
    await expect.poll(lag).toEqual([0n, 0n, 0n]);
    expect(await findGroups(test.kafka, groupId)).toEqual([{ groupId, members: 1 }]);
    await consumer.stop();
    expect(await findGroups(test.kafka, groupId)).toEqual([{ groupId, members: 0 }]);
  });
});
