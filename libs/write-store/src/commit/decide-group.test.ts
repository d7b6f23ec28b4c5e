import { refuse } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import { decideGroup } from './decide-group.ts';
import type { LockedState } from '../state/state-tables.ts';
import { createProduct, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { noStates, UnlockedAggregateError } from '../state/working-copy.ts';

const nothing = (): LockedState => ({ states: noStates(), receipts: new Map() });
const unclaimed = { find: () => undefined };

const decide = (commands: readonly Command[]) => decideGroup(commands, nothing(), unclaimed, () => '');

describe('a group decided in memory', () => {
  const setUp = [registerCustomer('c'), createProduct('p'), createProduct('q'), receiveStock('p', 5n)];

  it('holds nothing of a refused command', () => {
    const refused = placeOrder('o', 'c', [
      ['p', 2n],
      ['q', 1n],
    ]);
    const { decided, accepted, changed } = decide([...setUp, refused]);
    expect(decided.at(-1)).toMatchObject({ kind: 'refused', refusal: { code: 'INSUFFICIENT_STOCK' } });
    expect(accepted).toHaveLength(4);
    expect(changed.states.stock.get('p')).toEqual({
      state: { productId: 'p', onHand: 5n, reserved: 0n },
      version: 1n,
    });
    expect(changed.states.order.size).toBe(0);
  });

  it('refuses a command of which an event must not be recorded, and holds nothing of it', () => {
    const { refusal } = refuse('failed-precondition', 'EVENT_TOO_LARGE', 'too large');
    const seen: string[] = [];
    const order: Command = {
      ...placeOrder('o', 'c', [['p', 2n]]),
      refusalOf({ aggregateType, payload }) {
        seen.push(aggregateType);
        return aggregateType === 'order' && payload.length > 0 ? refusal : undefined;
      },
    };
    const { decided, accepted, changed } = decide([...setUp, order]);
    expect(decided.at(-1)).toEqual({ kind: 'refused', refusal });
    expect(seen).toContain('order');
    expect(accepted).toHaveLength(4);
    expect(changed.states.order.size).toBe(0);
    expect(changed.states.stock.get('p')?.version).toBe(1n);
  });

  it('takes a repeat for one when an older key made the fingerprint that is kept', () => {
    const command = registerCustomer('c');
    const logged = {
      requestId: command.requestId,
      fingerprint: Buffer.alloc(32, 9),
      aggregateId: 'c',
      version: 1n,
      firstPosition: 1n,
      eventCount: 1,
      answer: Buffer.alloc(0),
    };
    const decideAgain = (repeat: Command) =>
      decideGroup([repeat], nothing(), { find: () => logged }, () => '').decided[0]?.kind;
    expect(decideAgain(command)).toBe('conflict');
    expect(decideAgain({ ...command, olderFingerprints: [logged.fingerprint] })).toBe('replay');
  });

  it('decides each command on what the accepted ones before it left, versions without gaps', () => {
    const orders = ['o-1', 'o-2', 'o-3'].map((id) => placeOrder(id, 'c', [['p', 2n]]));
    const { decided, accepted } = decide([...setUp, ...orders]);
    expect(decided.slice(4).map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'refused']);
    const versions = accepted.flatMap(({ events }) =>
      events.filter(({ aggregateType }) => aggregateType === 'stock').map(({ version }) => version),
    );
    expect(versions).toEqual([1n, 2n, 3n]);
  });

  it('does not let a command touch what it did not lock, or accept it without an event', () => {
    const unlocked: Command = { ...createProduct('p'), locks: [] };
    const silent: Command = {
      ...createProduct('p'),
      decide: () => ({ accepted: true, aggregateId: 'p', version: 1n, answer: new Uint8Array() }),
    };
    const { decided, accepted } = decide([unlocked, silent]);
    expect(decided).toMatchObject([{ kind: 'failed' }, { kind: 'failed' }]);
    expect(decided[0]?.kind === 'failed' && decided[0].error).toBeInstanceOf(UnlockedAggregateError);
    expect(accepted).toEqual([]);
  });

  it('decides a repeat of a refused command again', () => {
    const order = placeOrder('o', 'c', [['p', 9n]]);
    const { decided } = decide([...setUp, order, receiveStock('p', 9n), order]);
    expect(decided.slice(4).map(({ kind }) => kind)).toEqual(['refused', 'accepted', 'accepted']);
  });
});
