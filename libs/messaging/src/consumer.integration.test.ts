import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  HeldBatchError,
  StaleBatchError,
  startConsumer,
  type ConsumerOptions,
  type ReceivedBatch,
  type ReceivedMessage,
  type RunningConsumer,
} from './consumer.ts';
import { createEventProducer, type EventProducer } from './producer.ts';
import { createTestTopic, testName, type TestTopic } from './testing/test-topic.ts';
import { consumerLag } from './topics.ts';
import { sharedBatches } from './wire/patch-wire.ts';

const PARTITIONS = 4;
let test: TestTopic;
let producer: EventProducer;
let open: RunningConsumer[];

beforeEach(async () => {
  test = await createTestTopic(PARTITIONS);
  producer = await createEventProducer(test.kafka);
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((consumer) => consumer.stop()));
  await producer.close();
  await test.drop();
});

/** The leaders of a new topic may not know the topic yet. */
async function send(partition: number, first: number, last: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await producer.send(test.messages(partition, first, last), { timeoutMs: 20_000 });
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

async function consume(
  groupId: string,
  onBatch: ConsumerOptions['onBatch'],
  more: Partial<ConsumerOptions> = {},
): Promise<RunningConsumer> {
  const consumer = await startConsumer({
    kafka: test.kafka,
    topics: [test.topic],
    groupId,
    sessionTimeoutMs: 8_000,
    onBatch,
    commitIntervalMs: 50,
    onCrash: (error) => {
      throw error;
    },
    ...more,
  });
  open.push(consumer);
  return consumer;
}

/** Calls `onMade` with every consumer that a test makes from now on. */
function consumersOf({ kafka }: TestTopic, onMade: (consumer: Consumer) => void): void {
  const make = kafka.consumer.bind(kafka);
  kafka.consumer = (config) => {
    const consumer = make(config);
    onMade(consumer);
    return consumer;
  };
}

const valuesOf = ({ messages }: ReceivedBatch) => messages.map(({ value }) => Number(value));

async function committed(groupId: string): Promise<bigint> {
  const lags = await consumerLag(test.kafka, groupId, [test.topic]);
  return lags.reduce((sum, partition) => sum + partition.committed, 0n);
}

describe('a consumer', () => {
  it('starts with the oldest message, and commits nothing before its batch is done', async () => {
    const groupId = test.groupId();
    await send(0, 1, 5);
    const seen: number[] = [];
    const done = Promise.withResolvers<void>();
    await consume(groupId, async (batch) => {
      seen.push(...valuesOf(batch));
      await done.promise;
    });
    await expect.poll(() => seen).toEqual([1, 2, 3, 4, 5]);
    expect(await committed(groupId)).toBe(0n);
    done.resolve();
    await expect.poll(() => committed(groupId)).toBe(5n);
  });

  it('leaves nothing behind when it cannot start, as where its topic is missing', async () => {
    const missing = testName();
    let disconnected = 0;
    consumersOf(test, (consumer) => consumer.on(consumer.events.DISCONNECT, () => void (disconnected += 1)));
    for (let tries = 1; tries <= 2; tries++) {
      await expect(consume(test.groupId(), async () => undefined, { topics: [missing] })).rejects.toThrow();
      expect(disconnected).toBe(tries);
    }
    // As if nobody had ever read it.
    expect(sharedBatches.areShared(missing)).toBe(false);
  });

  it('ends a start that waits for Kafka when it is told to, and a connection that comes later', async () => {
    const reached = Promise.withResolvers<void>();
    const [connecting, disconnected] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    consumersOf(test, (consumer) => {
      const connect = consumer.connect.bind(consumer);
      consumer.on(consumer.events.DISCONNECT, () => disconnected.resolve());
      consumer.connect = async () => {
        connecting.resolve();
        await reached.promise;
        await connect();
      };
    });
    const stop = new AbortController();
    const over = new Error('the process stops');
    const starting = consume(test.groupId(), async () => undefined, { signal: stop.signal });
    await connecting.promise;
    stop.abort(over);
    await expect(starting).rejects.toBe(over);
    expect(sharedBatches.areShared(test.topic)).toBe(false);
    reached.resolve();
    await disconnected.promise;
  });

  it('counts as stuck when nothing of its own happens, whatever others of the same client do', async () => {
    let isStuck = true;
    consumersOf(test, (consumer) => {
      if (isStuck) consumer.run = () => Promise.resolve();
    });
    const stuck = await consume(test.groupId(), async () => undefined);
    isStuck = false;
    const other = await consume(test.groupId(), async () => undefined);
    await expect.poll(() => Date.now() - stuck.lastActivityAt()).toBeGreaterThan(2_000);
    expect(other.lastActivityAt()).toBeGreaterThan(stuck.lastActivityAt());
  });

  it('shares what is decoded with another group of this process, and each gets all in order', async () => {
    const received = ['first', 'second'].map(() => new Array<ReceivedMessage>());
    await Promise.all(
      received.map((seen) =>
        consume(test.groupId(), (batch) => Promise.resolve(void seen.push(...batch.messages))),
      ),
    );
    const count = 200;
    for (let first = 1; first <= count; first += 20) await send(3, first, first + 19);
    await expect.poll(() => received.map(({ length }) => length)).toEqual([count, count]);
    const [ours = [], theirs = []] = received;
    for (const [index, { headers }] of ours.entries()) {
      expect(headers).toEqual({ number: String(index + 1) });
      expect(theirs[index]?.headers).toBe(headers);
    }
  });

  it('commits what it has done when it stops; the next one goes on from there', async () => {
    const groupId = test.groupId();
    const seen: number[] = [];
    const onBatch = (batch: ReceivedBatch) => Promise.resolve(void seen.push(...valuesOf(batch)));
    const first = await consume(groupId, onBatch, { commitIntervalMs: 3_600_000 });
    await send(1, 1, 3);
    await expect.poll(() => seen).toEqual([1, 2, 3]);
    await send(1, 4, 6);
    await expect.poll(() => seen).toEqual([1, 2, 3, 4, 5, 6]);
    await first.stop();
    expect(await committed(groupId)).toBe(6n);
    await send(1, 7, 7);
    await consume(groupId, onBatch);
    await expect.poll(() => seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('gets a batch again whose handler threw, and commits nothing of it before', async () => {
    const groupId = test.groupId();
    const tries: { values: readonly number[]; committed: bigint }[] = [];
    await send(2, 1, 4);
    await consume(groupId, async (batch) => {
      tries.push({ values: valuesOf(batch), committed: await committed(groupId) });
      if (tries.length < 3) throw new Error('the store is away');
    });
    await expect.poll(() => committed(groupId)).toBe(4n);
    const failed = { values: [1, 2, 3, 4], committed: 0n };
    expect(tries).toEqual([failed, failed, failed]);
  });
});

describe('a partition', () => {
  it('that is held leaves those beside it alone', async () => {
    const seen: string[] = [];
    let tries = 0;
    await send(0, 1, 3);
    await consume(test.groupId(), (batch) => {
      if (batch.partition === 0) {
        tries++;
        throw new HeldBatchError('no room', 3_600_000);
      }
      seen.push(...valuesOf(batch).map((value) => `${batch.partition}/${value}`));
      return Promise.resolve();
    });
    await expect.poll(() => tries).toBe(1);
    await send(1, 1, 2);
    await expect.poll(() => seen).toEqual(['1/1', '1/2']);
    await send(1, 3, 3);
    await expect.poll(() => seen).toEqual(['1/1', '1/2', '1/3']);
    expect(tries).toBe(1);
  });

  it('that is held is given again after a while', async () => {
    const groupId = test.groupId();
    const seen: number[] = [];
    let tries = 0;
    await send(0, 1, 3);
    await consume(groupId, (batch) => {
      if (++tries <= 2) throw new HeldBatchError('no room', 100);
      seen.push(...valuesOf(batch));
      return Promise.resolve();
    });
    await expect.poll(() => seen).toEqual([1, 2, 3]);
    await expect.poll(() => committed(groupId)).toBe(3n);
  });

  it('that is held does not keep its group from changing', async () => {
    const groupId = test.groupId();
    let tries = 0;
    const assigned = { first: 0, second: 0 };
    await send(0, 1, 3);
    const hold = () => {
      tries++;
      throw new HeldBatchError('no room', 3_600_000);
    };
    await consume(groupId, hold, {
      onAssigned: (partitions) => void (assigned.first = partitions.length),
    });
    await expect.poll(() => tries).toBe(1);
    await consume(groupId, hold, {
      onAssigned: (partitions) => void (assigned.second = partitions.length),
    });
    await expect.poll(() => assigned).toEqual({ first: 2, second: 2 });
    // The new owner of the partition polls on its own.
    await expect.poll(() => tries).toBeGreaterThan(1);
  });

  it('goes on at another offset when that is asked for, from inside a batch and from outside', async () => {
    const groupId = test.groupId();
    const seen: number[] = [];
    await send(3, 1, 6);
    const consumer = await consume(groupId, (batch, control) => {
      if (seen.length === 0 && batch.messages[0]?.offset === '0') {
        control.goOnAt(4n);
        expect(control.isStale()).toBe(true);
        throw new StaleBatchError();
      }
      seen.push(...valuesOf(batch));
      return Promise.resolve();
    });
    await expect.poll(() => seen).toEqual([5, 6]);
    consumer.goOnAt({ topic: test.topic, partition: 3 }, 1n);
    await expect.poll(() => seen).toEqual([5, 6, 2, 3, 4, 5, 6]);
  });
});

describe('batches that take long, as with a store far away', () => {
  const FAR_MS = 60;
  const LEARNT = 32;

  /** A consumer whose batches have taken long so far. From then on the handler that is given has them. */
  async function consumeFar(groupId: string, handler: ConsumerOptions['onBatch']): Promise<void> {
    let seen = 0;
    await consume(groupId, async (batch, control) => {
      if (seen >= LEARNT) return handler(batch, control);
      await pause(FAR_MS);
      seen += batch.messages.length;
    });
    for (let n = 1; n <= LEARNT; n++) {
      await send(0, n, n);
      await expect.poll(() => seen).toBe(n);
    }
    await expect.poll(() => committed(groupId)).toBe(BigInt(LEARNT));
  }

  it('begin beside each other when they say so; an offset is committed when its batch is done', async () => {
    const groupId = test.groupId();
    const seen: number[] = [];
    const ends = new Map<number, () => void>();
    await consumeFar(groupId, async (batch, control) => {
      const [value = 0] = valuesOf(batch);
      seen.push(value);
      control.goOn();
      await new Promise<void>((resolve) => ends.set(value, resolve));
    });
    await send(0, 33, 33);
    await expect.poll(() => seen).toEqual([33]);
    await send(0, 34, 34);
    await expect.poll(() => seen).toEqual([33, 34]);
    expect(await committed(groupId)).toBe(32n);
    ends.get(33)?.();
    await expect.poll(() => committed(groupId)).toBe(33n);
    ends.get(34)?.();
    await expect.poll(() => committed(groupId)).toBe(34n);
  });

  it.each([
    ['fails', new Error('the store is away')],
    ['cannot be handled now', new HeldBatchError('the store is away', 50)],
  ])('come again with those after them when one %s', async (_what, error) => {
    const groupId = test.groupId();
    const seen: number[] = [];
    const failing = Promise.withResolvers<void>();
    await consumeFar(groupId, async (batch, control) => {
      const isFirst = seen.length < 2;
      seen.push(...valuesOf(batch));
      if (!isFirst) return;
      control.goOn();
      const isOldest = seen.length === 1;
      await failing.promise;
      if (isOldest) throw error;
      await expect.poll(control.isStale).toBe(true);
      throw new StaleBatchError();
    });
    await send(0, 33, 33);
    await expect.poll(() => seen).toEqual([33]);
    await send(0, 34, 34);
    await expect.poll(() => seen).toEqual([33, 34]);
    failing.resolve();
    await expect.poll(() => seen).toEqual([33, 34, 33, 34]);
    await expect.poll(() => committed(groupId)).toBe(34n);
  });
});

describe('consumers of one group', () => {
  it('share the partitions; what one had not done goes to the other', async () => {
    const groupId = test.groupId();
    const held = Promise.withResolvers<void>();
    let revoked = 0;
    const assigned = { first: 0, second: 0 };
    await consume(
      groupId,
      async (_batch, { isStale }) => {
        await held.promise;
        if (isStale()) throw new StaleBatchError();
      },
      {
        onRevoked: () => void (revoked += 1),
        onAssigned: (partitions) => void (assigned.first = partitions.length),
      },
    );
    await expect.poll(() => assigned.first).toBe(PARTITIONS);
    revoked = 0;
    const seen = new Set<number>();
    await consume(groupId, (batch) => Promise.resolve(void valuesOf(batch).forEach((n) => seen.add(n))), {
      onAssigned: (partitions) => void (assigned.second = partitions.length),
    });
    await expect.poll(() => assigned).toEqual({ first: 2, second: 2 });
    expect(revoked).toBeGreaterThan(0);
    for (const partition of [0, 1, 2, 3]) await send(partition, partition * 10 + 1, partition * 10 + 2);
    await expect.poll(() => seen.size).toBe(4);
    const [first] = open.splice(0, 1);
    const stopped = first?.stop();
    held.resolve();
    await stopped;
    await expect.poll(() => [...seen].sort((a, b) => a - b)).toEqual([1, 2, 11, 12, 21, 22, 31, 32]);
    await expect.poll(() => committed(groupId)).toBe(8n);
  });

  it('begins its rounds apart as told, and ends the rest when it stops', async () => {
    const groupId = test.groupId();
    const rounds: { readonly atMs: number; readonly values: readonly number[] }[] = [];
    const onBatch: ConsumerOptions['onBatch'] = async (batch) =>
      void rounds.push({ atMs: performance.now(), values: valuesOf(batch) });
    const seen = () => rounds.flatMap(({ values }) => values);
    const consumer = await consume(groupId, onBatch, { roundMs: 300 });
    for (let n = 1; n <= 4; n++) {
      await send(0, n, n);
      await expect.poll(seen).toContain(n);
    }
    const gaps = rounds.slice(1).map(({ atMs }, index) => atMs - (rounds[index]?.atMs ?? 0));
    for (const gapMs of gaps) expect(gapMs).toBeGreaterThanOrEqual(295);
    await consumer.stop();

    const other = await consume(test.groupId(), onBatch, { roundMs: 600_000 });
    rounds.length = 0;
    await expect.poll(seen).toEqual([1, 2, 3, 4]);
    await other.stop();
  });
});
