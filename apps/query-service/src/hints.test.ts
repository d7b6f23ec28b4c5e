import { describe, expect, it } from 'vitest';
import { createHintListeners, type EventHint, type HintListener } from './hints.ts';

const event: EventHint = { key: 'orders/3', context: 'orders', position: 7n, aggregateId: 'o-1' };

/** A listener, and what it was told. */
function noting() {
  const told: unknown[] = [];
  const listener: HintListener = { hint: (seen) => told.push(seen), hinted: (arrive) => told.push(arrive) };
  return { told, listener };
}

describe('listeners', () => {
  it('are told of events, and whether hints arrive, until they leave', () => {
    const listeners = createHintListeners();
    const [one, other] = [noting(), noting()];
    const leave = listeners.add(one.listener);
    listeners.add(other.listener);
    listeners.hinted(true);
    listeners.hint(event);
    leave();
    listeners.hinted(false);
    expect(one.told).toEqual([true, event]);
    expect(other.told).toEqual([true, event, false]);
  });

  it('that come later know at once whether hints arrive', () => {
    const listeners = createHintListeners();
    const [early, late] = [noting(), noting()];
    listeners.hinted(true);
    listeners.add(early.listener);
    listeners.hinted(false);
    listeners.add(late.listener);
    expect(early.told).toEqual([true, false]);
    expect(late.told).toEqual([]);
  });
});
