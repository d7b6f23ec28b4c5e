import { describe, expect, it } from 'vitest';
import { watchPauses } from './pauses.ts';

const at = (position: bigint) => new Map([['orders/0', position]]);

describe('the longest pause of a read model', () => {
  it('is none while nothing waits', () => {
    const pauses = watchPauses();
    pauses.saw(at(5n), at(5n), 0);
    pauses.saw(at(5n), at(5n), 10_000);
    expect(pauses.take()).toBeUndefined();
  });

  it('lasts from the first look at what waits to the look that finds it applied', () => {
    const pauses = watchPauses();
    pauses.saw(at(5n), at(5n), 0);
    pauses.saw(at(6n), at(5n), 100);
    pauses.saw(at(7n), at(5n), 900);
    pauses.saw(at(7n), at(7n), 1_300);
    expect(pauses.take()).toEqual({ partition: 'orders/0', pauseMs: 1_200 });
  });

  it('begins anew whenever something is applied, though more waits', () => {
    const pauses = watchPauses();
    for (const second of [0, 1, 2, 3, 4]) pauses.saw(at(100n), at(BigInt(second)), second * 1_000);
    expect(pauses.take()?.pauseMs).toBe(1_000);
  });

  it('counts while it lasts, and by partition', () => {
    const pauses = watchPauses();
    const recorded = new Map([...at(9n), ['orders/1', 9n] as const]);
    pauses.saw(recorded, at(1n), 0);
    pauses.saw(recorded, at(2n), 500);
    expect(pauses.take()).toEqual({ partition: 'orders/0', pauseMs: 500 });
    pauses.saw(recorded, at(3n), 1_000);
    expect(pauses.take()).toEqual({ partition: 'orders/1', pauseMs: 1_000 });
  });
});
