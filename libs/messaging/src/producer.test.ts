import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { compressionOf } from './producer.ts';

const { None, ZSTD } = kafkajs.CompressionTypes;

const of = (topic: string, partitions: readonly number[], bytes: number) => ({
  topic,
  messages: partitions.map((partition) => ({ partition, value: Buffer.alloc(bytes) })),
});

describe('compressionOf', () => {
  it('leaves small batches as they are, however many partitions there are', () => {
    const everyPartition = Array.from({ length: 12 }, (_, partition) => partition);
    expect(compressionOf([of('a', everyPartition, 500), of('b', everyPartition, 500)])).toBe(None);
  });

  it('packs all when one batch is worth it: by many messages, or by a large one', () => {
    expect(compressionOf([of('a', [1], 500), of('b', Array<number>(12).fill(3), 100)])).toBe(ZSTD);
    expect(compressionOf([of('a', [1, 2], 500), of('b', [3], 5_000)])).toBe(ZSTD);
  });

  it('leaves a message without a value as it is', () => {
    expect(compressionOf([{ topic: 'a', messages: [{ partition: 0, value: null }] }])).toBe(None);
  });
});
