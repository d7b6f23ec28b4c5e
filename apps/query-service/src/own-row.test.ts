import { fromToken, partitionKey, toToken, type PartitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { type MissingPosition, type Progress, RegionBehindError } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { answer } from './answering.ts';
import { createOwnRowLooks } from './own-row-looks.ts';
import { callWithin, modelWith, watchWith } from './testing/stand-ins.ts';

const key = partitionKey('orders', shardOf('o-1'));
const other = partitionKey('orders', (shardOf('o-1') + 1) % 12);
const applied: Progress = { positions: new Map([[key, 5n]]), highest: 5n, eventTime: undefined };

/** A region whose progress stays where it is, while rows arrive. */
function standingRegion(deferredUpTo = 0n) {
  const row = { position: 5n, isGapless: true };
  const looks = { reads: 0, endedWaits: 0, mayLack: () => Promise.resolve(deferredUpTo > 5n) };
  const model = modelWith('orders', {
    ownRow: createOwnRowLooks(),
    parked: {
      asOf: async () => ({
        aggregates: 0,
        readAtMs: -Infinity,
        of: async () => ({ events: [], readAtMs: -Infinity }),
      }),
      mayLack: () => looks.mayLack(),
    },
    watch: watchWith({
      waitFor(required, { signal, deadline, onWait }) {
        const missing: MissingPosition[] = [...required]
          .map(([of, position]) => ({
            key: of,
            required: position,
            applied: applied.positions.get(of) ?? 0n,
          }))
          .filter((one) => one.required > one.applied);
        if (missing.length === 0) return Promise.resolve(applied);
        onWait?.(missing, applied);
        return new Promise((_resolve, reject) => {
          const late = () => reject(new RegionBehindError('eu-west', missing));
          setTimeout(late, deadline.getTime() - Date.now());
          signal?.addEventListener('abort', () => {
            looks.endedWaits += 1;
            reject(new Error('nobody waits any more'));
          });
        });
      },
    }),
  });
  const ask = (required: ReadonlyMap<PartitionKey, bigint>, milliseconds = 20_000) =>
    answer(
      model,
      { token: toToken(required) },
      callWithin(milliseconds),
      () => {
        looks.reads += 1;
        return Promise.resolve({ ...row });
      },
      {
        aggregateId: 'o-1',
        ownContexts: ['orders'],
        includes: ({ position }) => [new Map([[key, position]])],
        provenUpTo: ({ position, isGapless }) => (isGapless ? new Map([[key, position]]) : undefined),
      },
    );
  return { row, looks, ask };
}

describe('a question about one aggregate, while its region’s progress stands still', () => {
  it('is answered as soon as the aggregate’s own rows hold what its token names', async () => {
    const { row, looks, ask } = standingRegion();
    const asked = ask(new Map([[key, 9n]]));
    await expect.poll(() => looks.reads).toBeGreaterThan(1);
    row.position = 9n;
    const { value, freshness } = await asked;
    expect(value.position).toBe(9n);
    expect(freshness.position).toBe(5n);
    expect(fromToken(freshness.token)).toEqual(new Map([[key, 9n]]));
    expect(looks.endedWaits).toBe(1);
  });

  it('waits for no partition of its contexts but the aggregate’s own', async () => {
    const { ask } = standingRegion();
    const { value } = await ask(
      new Map([
        [key, 5n],
        [other, 8n],
      ]),
    );
    expect(value.position).toBe(5n);
  });

  it('is not answered from rows that prove nothing, or not enough', async () => {
    for (const change of [{ isGapless: false, position: 9n }, { position: 8n }]) {
      const { row, looks, ask } = standingRegion();
      Object.assign(row, change);
      await expect(ask(new Map([[key, 9n]]), 200)).rejects.toThrow('has not yet applied');
      expect(looks.reads).toBeGreaterThan(0);
    }
  });

  it('is not answered while an event of its partition that the rows may lack was kept for later', async () => {
    const { row, ask } = standingRegion(7n);
    row.position = 9n;
    await expect(ask(new Map([[key, 9n]]), 200)).rejects.toThrow('has not yet applied');
  });
});
