import { describe, expect, it } from 'vitest';
import { toToken } from '@meridian/contracts';
import type { Watched } from './history.ts';
import { isAskedAgain, startWatches, wavesWithChanges } from './watches.ts';

/** Nothing listens there. */
const NOWHERE = '127.0.0.1:1';
const PLACES = { command: NOWHERE, queries: new Map([['eu-west', NOWHERE]]) };
const ORDERS_PER_WAVE = 100;

describe('watches', () => {
  it('are opened in every wave, of orders that are placed in it', async () => {
    const watches = startWatches(PLACES);
    for (const wave of [0, 1, 2]) {
      for (let n = 0; n < ORDERS_PER_WAVE; n += 1) watches.watch(`o-${wave}-${n}`, toToken(new Map()));
      watches.nextWave();
    }
    const opened = await watches.finish([]);
    const byWave = Map.groupBy(opened, ({ orderId }) => orderId.slice(0, 3));
    expect([...byWave].map(([wave, { length }]) => [wave, length])).toEqual([
      ['o-0', 8],
      ['o-1', 8],
      ['o-2', 8],
    ]);
  });

  it('are asked for again where a refusal ends by itself, and not once they have shown a state', () => {
    const shown = { orderId: 'o-1', version: 1n, status: '', totalMinor: 0n, returnedMinor: 0n, steps: 0 };
    const source = { region: 'eu-west', fallback: false, position: 1n };
    const push = { wave: 0, named: new Map(), source, shown };
    for (const failure of ['UNAVAILABLE', 'AGGREGATE_PARKED']) {
      expect(isAskedAgain({ failure, pushes: [] })).toBe(true);
      expect(isAskedAgain({ failure, pushes: [push] })).toBe(false);
    }
    for (const failure of ['its end', 'FAILED_PRECONDITION', undefined])
      expect(isAskedAgain({ ...(failure ? { failure } : {}), pushes: [] })).toBe(false);
  });

  it('push a change in a wave only when an order has changed', () => {
    const push = (wave: number, version: bigint): Watched['pushes'][number] => ({
      wave,
      named: new Map(),
      source: { region: 'eu-west', fallback: false, position: version },
      shown: { orderId: 'o-1', version, status: '', totalMinor: 0n, returnedMinor: 0n, steps: 0 },
    });
    const watched = (...pushes: Watched['pushes']): Watched => ({ region: '', orderId: 'o-1', pushes });
    expect(wavesWithChanges([watched(push(0, 1n)), watched(push(1, 1n))])).toBe(0);
    expect(wavesWithChanges([watched(push(0, 1n), push(0, 2n)), watched(push(2, 3n), push(2, 4n))])).toBe(2);
  });
});
