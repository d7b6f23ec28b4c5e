import type { PartitionKey, Positions } from '@meridian/contracts';
import { createHeap, type Heap, type HeapEntry } from './heap.ts';

/** Who waits until partitions have reached positions: to come, to go and to be found costs O(log n) of those who wait. */
export interface PositionWaits<T> {
  /** Has one wait for all of these, one position at least; gives what ends the wait. */
  add(value: T, required: Positions): () => void;
  /** Notes that a partition has reached a position. Gives those who wait for nothing more: their waits are over. */
  reach(key: PartitionKey, position: bigint): readonly T[];
}

interface Wait<T> {
  readonly value: T;
  /** Where it stands among those who wait for each partition. */
  readonly places: Map<PartitionKey, HeapEntry<Required<T>>>;
}

interface Required<T> {
  readonly position: bigint;
  readonly wait: Wait<T>;
}

/** A heap per partition, with the lowest position that is waited for first. */
export function createPositionWaits<T>(
  isLower: (a: bigint, b: bigint) => boolean = (a, b) => a < b,
): PositionWaits<T> {
  const byKey = new Map<PartitionKey, Heap<Required<T>>>();

  function heapOf(key: PartitionKey): Heap<Required<T>> {
    let heap = byKey.get(key);
    if (!heap) byKey.set(key, (heap = createHeap((a, b) => isLower(a.position, b.position))));
    return heap;
  }
  function leave(wait: Wait<T>, key: PartitionKey): void {
    const heap = byKey.get(key);
    const place = wait.places.get(key);
    if (!heap || !place) return;
    wait.places.delete(key);
    heap.remove(place);
    if (heap.size() === 0) byKey.delete(key);
  }

  return {
    add(value, required) {
      const wait: Wait<T> = { value, places: new Map() };
      for (const [key, position] of required) wait.places.set(key, heapOf(key).add({ position, wait }));
      return () => {
        for (const key of [...wait.places.keys()]) leave(wait, key);
      };
    },
    reach(key, position) {
      const over: T[] = [];
      for (let next = byKey.get(key)?.first(); next && next.position <= position;) {
        const { wait } = next;
        leave(wait, key);
        if (wait.places.size === 0) over.push(wait.value);
        next = byKey.get(key)?.first();
      }
      return over;
    },
  };
}
