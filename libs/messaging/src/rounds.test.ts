import { beforeEach, describe, expect, it } from 'vitest';
import { createRounds, type Rounds } from './rounds.ts';

let nowMs: number;
let waits: number[];
let rounds: Rounds;

beforeEach(() => {
  nowMs = 1_000;
  waits = [];
  rounds = createRounds(50, {
    nowMs: () => nowMs,
    wait(ms, signal) {
      waits.push(ms);
      const { promise, reject } = Promise.withResolvers<unknown>();
      signal.addEventListener('abort', () => reject(signal.reason));
      return promise;
    },
  });
});

/** A batch that takes so long; what it waits for afterwards is in `waits`. */
function batch(tookMs: number): void {
  rounds.begin();
  nowMs += tookMs;
  void rounds.rest();
}

describe('a rest after a batch', () => {
  it('lasts until the round is long enough, and is none when the round was', () => {
    batch(20);
    nowMs += 30;
    batch(60);
    expect(waits).toEqual([30]);
  });

  it('is the round’s, however many batches it has', () => {
    batch(20);
    batch(20);
    batch(20);
    expect(waits).toEqual([30, 10]);
  });

  it('begins anew with the first batch after a quiet time', () => {
    batch(20);
    nowMs += 5_000;
    batch(20);
    expect(waits).toEqual([30, 30]);
  });

  it('ends at once when the consumer stops, and none begins after that', async () => {
    rounds.begin();
    const resting = rounds.rest();
    rounds.end();
    await resting;
    await rounds.rest();
    expect(waits).toEqual([50]);
  });
});
