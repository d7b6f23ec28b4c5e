import { describe, expect, it } from 'vitest';
import type { FetchedRecord } from './record-batch.ts';
import { createSharedBatches } from './shared-batches.ts';

const recordsOf = (): readonly FetchedRecord[] => [];

/** A batch of so many bytes, whose checksum is `checksum`. */
function batchAt(firstOffset: bigint, { checksum = 0, bytes = 100 } = {}): Buffer {
  const batch = Buffer.alloc(bytes);
  batch.writeBigInt64BE(firstOffset);
  batch.writeInt32BE(checksum, 17);
  return batch;
}

describe('createSharedBatches', () => {
  it('shares a topic while two consumers read it', () => {
    const shared = createSharedBatches();
    const first = shared.readBy(['a', 'b']);
    const second = shared.readBy(['b', 'c']);
    expect(['a', 'b', 'c', 'd'].filter(shared.areShared)).toEqual(['b']);
    second();
    second();
    expect(shared.areShared('b')).toBe(false);
    shared.readBy(['b']);
    first();
    expect(shared.areShared('b')).toBe(false);
  });

  it('keeps a batch until each of the other consumers has taken it', () => {
    const shared = createSharedBatches();
    for (let consumer = 0; consumer < 3; consumer++) shared.readBy(['t']);
    const records = recordsOf();
    shared.keep('t', 1, batchAt(5n), records);
    expect(shared.take('t', 2, batchAt(5n))).toBeUndefined();
    expect(shared.take('t', 1, batchAt(5n))).toBe(records);
    expect(shared.take('t', 1, batchAt(5n))).toBe(records);
    expect(shared.take('t', 1, batchAt(5n))).toBeUndefined();
  });

  it('does not take another batch at the same offset for it', () => {
    const shared = createSharedBatches();
    for (let consumer = 0; consumer < 2; consumer++) shared.readBy(['t']);
    shared.keep('t', 1, batchAt(5n, { checksum: 1 }), recordsOf());
    expect(shared.take('t', 1, batchAt(5n, { checksum: 2 }))).toBeUndefined();
    const newer = recordsOf();
    shared.keep('t', 1, batchAt(5n, { checksum: 2 }), newer);
    expect(shared.take('t', 1, batchAt(5n, { checksum: 2 }))).toBe(newer);
  });

  it('gives up the oldest batches when there are too many bytes', () => {
    const shared = createSharedBatches(250);
    for (let consumer = 0; consumer < 2; consumer++) shared.readBy(['t']);
    for (const offset of [1n, 2n, 3n]) shared.keep('t', 0, batchAt(offset), recordsOf());
    expect(shared.take('t', 0, batchAt(1n))).toBeUndefined();
    expect(shared.take('t', 0, batchAt(2n))).toBeDefined();
    shared.keep('t', 0, batchAt(4n, { bytes: 300 }), recordsOf());
    expect(shared.take('t', 0, batchAt(3n))).toBeUndefined();
    expect(shared.take('t', 0, batchAt(4n, { bytes: 300 }))).toBeUndefined();
  });
});
