import { describe, expect, it } from 'vitest';
import { messageBytes, newTopicSettings, unsafeSettings } from './topic-settings.ts';

describe('settings of topics', () => {
  const topic = (replicas: number, minInsyncReplicas: number) => ({
    topic: 't',
    maxMessageBytes: 1,
    replicas,
    minInsyncReplicas,
  });
  const unsafe = (replicas: number, minimum: number) =>
    unsafeSettings({ brokers: 3, topics: [topic(replicas, minimum)] });

  it('are unsafe when one broker alone may have acknowledged a message, and say what to do', () => {
    expect(unsafe(3, 1)).toEqual([expect.stringContaining('--add-config min.insync.replicas=2')]);
    expect(unsafe(1, 1)).toEqual([expect.stringContaining('add brokers')]);
    expect(unsafe(3, 2)).toEqual([]);
    expect(unsafe(2, 2)).toEqual([]);
  });

  it('of a new topic ask for two brokers of three, and for room for the largest event', () => {
    const told = (replicas: number, minInsyncReplicas: number, maxMessageBytes = 1_048_588) =>
      newTopicSettings({ replicas, minInsyncReplicas, maxMessageBytes }).map(
        ({ name, value }) => `${name}=${value}`,
      );
    expect(told(3, 1)).toEqual(['min.insync.replicas=2', 'max.message.bytes=2097152']);
    expect(told(1, 1)).toEqual(['max.message.bytes=2097152']);
    expect(told(2, 1, 5_000_000)).toEqual([]);
    // The operator's own, stricter choice stands.
    expect(told(5, 3, 5_000_000)).toEqual([]);
  });
});

it('a message takes what its key, its headers and its value take, and what Kafka puts around it', () => {
  const bytes = messageBytes({ key: 'é', headers: { name: 'value' }, value: Buffer.alloc(1_000) });
  expect(bytes).toBeGreaterThan(1_000 + 2 + 9 + 61);
  expect(bytes).toBeLessThan(1_000 + 2 + 9 + 61 + 60);
});
