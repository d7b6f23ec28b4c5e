import { Socket } from 'node:net';
import kafkajs, { type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMortalClient, type MortalClient } from './mortal-client.ts';
import { readTails } from './partition-tails.ts';
import { createTestTopic, type TestTopic } from './testing/test-topic.ts';

const opened = vi.spyOn(Socket.prototype, 'connect');
const sockets = () => opened.mock.contexts.filter((socket) => socket instanceof Socket);

let test: TestTopic;
let client: MortalClient;
let producer: Producer;

beforeAll(async () => {
  test = await createTestTopic(1);
});
afterAll(() => test.drop());

beforeEach(async () => {
  opened.mockClear();
  client = createMortalClient(test.kafka);
  producer = client.kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 500 },
  });
  await producer.connect();
});
afterEach(() => client.giveUp());

const send = (value: string) =>
  producer.send({ topic: test.topic, messages: [{ partition: 0, key: 'k', value }] });

async function values(): Promise<readonly string[]> {
  const [tail] = await readTails({ kafka: test.kafka, topics: [test.topic], count: 100 });
  return (tail?.messages ?? []).map(({ value }) => String(value));
}

describe('a client that lives once', () => {
  it('sends nothing more once it is given up, however often kafkajs may try again', async () => {
    await send('before');
    const connections = opened.mock.calls.length;
    expect(connections).toBeGreaterThan(0);
    const late = send('late');
    client.giveUp();
    await expect(late).rejects.toThrow();
    await expect(send('later')).rejects.toThrow();
    expect(sockets().every((socket) => socket.destroyed)).toBe(true);
    expect(opened.mock.calls.length).toBe(connections);
    expect(await values()).toEqual(['before']);
  });

  it('does not come back after it has lost a connection', async () => {
    await send('whole');
    const connections = opened.mock.calls.length;
    expect([connections > 0, client.isBroken()]).toEqual([true, false]);
    for (const socket of sockets()) socket.destroy(new Error('cut'));
    await expect(send('after the cut')).rejects.toThrow();
    expect(client.isBroken()).toBe(true);
    expect(opened.mock.calls.length).toBe(connections);
    expect(await values()).not.toContain('after the cut');
  });
});
