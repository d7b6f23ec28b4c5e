import { AGGREGATE_TYPES, encodeEvent, type AggregateType } from '@meridian/contracts';
import { evolveProduct } from '@meridian/domain-catalog';
import { evolveCustomer } from '@meridian/domain-customers';
import { evolveStock } from '@meridian/domain-inventory';
import { evolveOrder } from '@meridian/domain-orders';
import { newId, type Refusal } from '@meridian/kernel';
import type { AggregateEvents, AggregateStates, Versioned } from '../command/aggregates.ts';
import type { Command, NewEvent, WorkingCopy } from '../command/command.ts';

/** States by kind and id. */
export type StateMaps = { readonly [T in AggregateType]: Map<string, Versioned<AggregateStates[T]>> };

/** Receipts by id: the product they are for. */
export type Receipts = Map<string, string>;

/** What one command changed. */
export interface Changes {
  readonly states: StateMaps;
  readonly receipts: Receipts;
  readonly events: NewEvent[];
}

/** Maps without any state. */
export function noStates(): StateMaps {
  return { product: new Map(), stock: new Map(), customer: new Map(), order: new Map() };
}

/** A command read or changed what it had not asked to lock: a mistake of its code. */
export class UnlockedAggregateError extends Error {
  override readonly name = 'UnlockedAggregateError';
}

/** A command recorded an event that must not be recorded. The command is refused, whatever it decides. */
export class RefusedEventError extends Error {
  override readonly name = 'RefusedEventError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** How each kind of aggregate follows from its events. Throws for an event that cannot follow the state. */
export const EVOLVE: {
  readonly [T in AggregateType]: (
    state: AggregateStates[T] | undefined,
    event: AggregateEvents[T],
  ) => AggregateStates[T];
} = { product: evolveProduct, stock: evolveStock, customer: evolveCustomer, order: evolveOrder };

/** A copy that puts what a command changes on top of `base`, which stays as it is until `merge`. */
export function overlay(
  base: { readonly states: StateMaps; readonly receipts: Receipts },
  command: Pick<Command, 'locks' | 'receiptIds' | 'name' | 'refusalOf'>,
): { copy: WorkingCopy; changes: Changes } {
  const changes: Changes = { states: noStates(), receipts: new Map(), events: [] };
  const locked = new Set(command.locks.map(({ type, id }) => `${type}/${id}`));

  function read<T extends AggregateType>(type: T, id: string): Versioned<AggregateStates[T]> {
    if (!locked.has(`${type}/${id}`))
      throw new UnlockedAggregateError(`${command.name} did not lock ${type}/${id}`);
    const found = changes.states[type].get(id) ?? base.states[type].get(id);
    return found ?? { state: undefined, version: 0n };
  }

  function recordOne<T extends AggregateType>(type: T, id: string, event: AggregateEvents[T]): bigint {
    const before = read(type, id);
    const version = before.version + 1n;
    changes.states[type].set(id, { state: EVOLVE[type](before.state, event), version });
    const payload = encodeEvent(event);
    const recorded: NewEvent = {
      eventId: newId(),
      aggregateType: type,
      aggregateId: id,
      version,
      type: event.type,
      payload,
    };
    const refusal = command.refusalOf?.(recorded);
    if (refusal) throw new RefusedEventError(refusal);
    changes.events.push(recorded);
    return version;
  }

  const copy: WorkingCopy = {
    read,
    record(type, id, events) {
      let { version } = read(type, id);
      for (const event of events) version = recordOne(type, id, event);
      return version;
    },
    claimReceipt(receiptId, productId) {
      if (!command.receiptIds?.includes(receiptId))
        throw new UnlockedAggregateError(`${command.name} did not lock receipt ${receiptId}`);
      if (changes.receipts.has(receiptId) || base.receipts.has(receiptId)) return false;
      changes.receipts.set(receiptId, productId);
      return true;
    },
  };
  return { copy, changes };
}

function mergeKind<T extends AggregateType>(type: T, into: StateMaps, from: StateMaps): void {
  const states = into[type];
  for (const [id, state] of from[type]) states.set(id, state);
}

/** Puts the states and receipts that a command changed into the maps that the next one starts from. */
export function merge(
  into: { readonly states: StateMaps; readonly receipts: Receipts },
  changes: Changes,
): void {
  for (const type of AGGREGATE_TYPES) mergeKind(type, into.states, changes.states);
  for (const [id, productId] of changes.receipts) into.receipts.set(id, productId);
}
