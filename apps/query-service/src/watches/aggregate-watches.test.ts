import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import { createAggregateWatches, type AggregateWatchesOptions } from './aggregate-watches.ts';

interface State {
  readonly version: bigint;
}

/** Rows that a test moves by hand, and how often they were read. */
function rows() {
  const versions = new Map<string, bigint>();
  const seen: { reads: number; waits: Positions[] } = { reads: 0, waits: [] };
  const options: AggregateWatchesOptions<State> = {
    context: 'orders',
    // Nothing here is to be found by the safety net.
    sweepMs: { told: 60_000, untold: 60_000 },
    async read(id, required) {
      seen.reads += 1;
      seen.waits.push(required);
      const version = versions.get(id);
      const value = version === undefined ? undefined : { version, state: { version } };
      return { value, applied: required };
    },
  };
  return { versions, seen, options };
}

const notificationOf = (id: string, position: bigint) => ({
  key: partitionKey('orders', shardOf(id)),
  context: 'orders' as const,
  position,
  aggregateId: id,
});
const never = new AbortController().signal;
const first = { version: 1n, state: { version: 1n } };

describe('watches of aggregates', () => {
  it('give the first state at once, unless it was seen before, and then every newer one', async () => {
    const { versions, options } = rows();
    const watches = createAggregateWatches(options);
    const watch = watches.watch('a', first, 0n, never);
    const resumed = watches.watch('a', first, 1n, never);
    expect((await watch.next()).value).toEqual({ version: 1n });
    const next = [watch.next(), resumed.next()];
    versions.set('a', 2n);
    watches.notify(notificationOf('a', 7n));
    expect((await Promise.all(next)).map(({ value }) => value)).toEqual([{ version: 2n }, { version: 2n }]);
    watches.close();
  });

  it('look once a change, however many watch', async () => {
    const { versions, seen, options } = rows();
    const watches = createAggregateWatches(options);
    const all = Array.from({ length: 100 }, () => watches.watch('a', first, 0n, never));
    await Promise.all(all.map((watch) => watch.next()));
    const next = Promise.all(all.map((watch) => watch.next()));
    versions.set('a', 2n);
    watches.notify(notificationOf('a', 7n));
    watches.notify(notificationOf('another', 8n));
    expect((await next).every(({ value }) => value?.version === 2n)).toBe(true);
    expect(seen).toEqual({ reads: 1, waits: [new Map([[partitionKey('orders', shardOf('a')), 7n]])] });
    watches.close();
  });

  it('skip what a slow reader did not take, and never go back', async () => {
    const { versions, seen, options } = rows();
    const watches = createAggregateWatches(options);
    const slow = watches.watch('a', first, 0n, never);
    await slow.next();
    for (const version of [2n, 3n, 4n]) {
      versions.set('a', version);
      watches.notify(notificationOf('a', version));
      await expect.poll(() => seen.reads).toBe(Number(version) - 1);
    }
    expect((await slow.next()).value).toEqual({ version: 4n });
    const next = slow.next();
    for (const version of [3n, 5n]) {
      versions.set('a', version);
      watches.notify(notificationOf('a', version + 10n));
      await expect.poll(() => seen.reads).toBe(version === 3n ? 4 : 5);
    }
    expect((await next).value).toEqual({ version: 5n });
    watches.close();
  });

  it('see an event that was told of before the watch began', async () => {
    const { versions, options } = rows();
    const watches = createAggregateWatches(options);
    versions.set('a', 2n);
    watches.notify(notificationOf('a', 7n));
    const late = watches.watch('a', first, 0n, never);
    expect((await late.next()).value).toEqual({ version: 1n });
    expect((await late.next()).value).toEqual({ version: 2n });
    watches.close();
  });

  it('look again when what was read is of a copy that is further back', async () => {
    const { versions, seen, options } = rows();
    let applied = 6n;
    const watches = createAggregateWatches<State>({
      ...options,
      async read(id, required) {
        const shown = await options.read(id, required);
        return { ...shown, applied: new Map([[partitionKey('orders', shardOf(id)), applied]]) };
      },
    });
    const watch = watches.watch('a', first, 0n, never);
    await watch.next();
    const next = watch.next();
    watches.notify(notificationOf('a', 7n));
    await expect.poll(() => seen.reads).toBe(1);
    versions.set('a', 2n);
    applied = 7n;
    expect((await next).value).toEqual({ version: 2n });
    watches.close();
  });

  it('give what the others have seen to one whose first answer was older', async () => {
    const { versions, seen, options } = rows();
    const watches = createAggregateWatches(options);
    const earlier = watches.watch('a', first, 0n, never);
    await earlier.next();
    versions.set('a', 2n);
    watches.notify(notificationOf('a', 7n));
    expect((await earlier.next()).value).toEqual({ version: 2n });
    const late = watches.watch('a', first, 0n, never);
    expect((await late.next()).value).toEqual({ version: 2n });
    expect(seen.reads).toBe(1);
    watches.close();
  });

  it('look now and then where nothing is told', async () => {
    const { versions, options } = rows();
    const watches = createAggregateWatches({ ...options, sweepMs: { told: 20, untold: 10 } });
    const watch = watches.watch('a', first, 0n, never);
    await watch.next();
    versions.set('a', 2n);
    expect((await watch.next()).value).toEqual({ version: 2n });
    watches.close();
  });

  it('end with their reader, and leave nothing behind', async () => {
    const { options } = rows();
    const watches = createAggregateWatches(options);
    const ending = new AbortController();
    const [aborted, left] = [
      watches.watch('a', first, 0n, ending.signal),
      watches.watch('b', first, 0n, never),
    ];
    await Promise.all([aborted.next(), left.next()]);
    expect(watches.size()).toEqual({ aggregates: 2, watchers: 2 });
    const next = aborted.next();
    ending.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await left.return();
    expect(watches.size()).toEqual({ aggregates: 0, watchers: 0 });
  });

  it('say where to go on when they are closed', async () => {
    const watches = createAggregateWatches(rows().options);
    const watch = watches.watch('a', first, 0n, never);
    await watch.next();
    const next = watch.next();
    watches.close();
    await expect(next).rejects.toThrow('go on watching at another replica');
    await expect(watches.watch('a', first, 0n, never).next()).rejects.toThrow(
      'go on watching at another replica',
    );
  });
});
