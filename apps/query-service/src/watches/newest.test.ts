import { describe, expect, it, vi } from 'vitest';
import { Newest } from './newest.ts';

const versioned = (version: bigint) => ({ version, state: `v${version}` });
const of = (state: string) => ({ done: false, value: state });
const over = { done: true, value: undefined };

/** A reader that has seen this version, and how often it has ended. */
function reading(afterVersion = 0n) {
  const onEnd = vi.fn();
  return { newest: new Newest<string>(afterVersion, onEnd), onEnd };
}

describe('the newest of a series', () => {
  it('is given at once to a reader that waits, and else when the reader comes', async () => {
    const { newest } = reading();
    const waiting = newest.next();
    newest.put(versioned(1n));
    expect(await waiting).toEqual(of('v1'));
    for (const version of [2n, 3n]) newest.put(versioned(version));
    expect(await newest.next()).toEqual(of('v3'));
  });

  it('is never older than what the reader had, has, or is about to take', async () => {
    const { newest } = reading(3n);
    const waiting = newest.next();
    for (const version of [2n, 3n, 4n]) newest.put(versioned(version));
    expect(await waiting).toEqual(of('v4'));
    for (const version of [6n, 5n, 6n]) newest.put(versioned(version));
    expect(await newest.next()).toEqual(of('v6'));
    const next = newest.next();
    newest.put(versioned(6n));
    newest.put(versioned(7n));
    expect(await next).toEqual(of('v7'));
  });

  it.each(['waits', 'comes later'])('ends with an error, once, for a reader that %s', async (when) => {
    const { newest, onEnd } = reading();
    const early = when === 'waits' ? newest.next() : undefined;
    if (!early) newest.put(versioned(1n));
    newest.fail(new Error('enough'));
    newest.fail(new Error('another'));
    newest.put(versioned(2n));
    expect(onEnd).toHaveBeenCalledOnce();
    await expect(early ?? newest.next()).rejects.toThrow('enough');
    expect(await newest.next()).toEqual(over);
  });

  it('ends when its reader leaves, even one that waits', async () => {
    const { newest, onEnd } = reading();
    const waiting = newest.next();
    expect(await newest.return()).toEqual(over);
    expect(await waiting).toEqual(over);
    newest.put(versioned(1n));
    newest.fail(new Error('too late'));
    expect(await newest.next()).toEqual(over);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
