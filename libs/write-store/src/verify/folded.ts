import {
  aggregateTypeOf,
  decodeEvent,
  isEventType,
  type AggregateType,
  type DomainEvent,
} from '@meridian/contracts';
import { bigintOf, bytesOf, textOf, type Row } from '@meridian/mysql';
import type { AggregateEvents, AggregateStates, Versioned } from '../command/aggregates.ts';
import { EVOLVE } from '../state/working-copy.ts';
import type { Findings } from './findings.ts';

/** What the events of one aggregate add up to. */
export interface Folded<T extends AggregateType> {
  readonly id: string;
  readonly now: Versioned<AggregateStates[T]>;
  /** Something is wrong with its events and was said: its row cannot be judged. */
  readonly broken: boolean;
  /** The goods receipts that its events booked. */
  readonly receiptIds: ReadonlySet<string>;
}

/** An aggregate before its first event. */
export function unfolded<T extends AggregateType>(id: string): Folded<T> {
  return { id, now: { state: undefined, version: 0n }, broken: false, receiptIds: new Set() };
}

/** Adds the next row of an aggregate to what those before it added up to, and says what is wrong with it. */
export function foldRow<T extends AggregateType>(
  type: T,
  before: Folded<T>,
  row: Row,
  findings: Findings,
): Folded<T> {
  const version = bigintOf(row, 'aggregate_version');
  const position = bigintOf(row, 'position');
  const subject = `${type}/${before.id}`;
  const expected = before.now.version + 1n;
  const broken = { ...before, now: { ...before.now, version }, broken: true };
  if (version !== expected) {
    const gap = version === expected + 1n ? `${expected}` : `${expected} to ${version - 1n}`;
    findings.add('version-missing', subject, `version ${gap} is missing before position ${position}`);
    return broken;
  }
  const eventType = textOf(row, 'type');
  if (before.broken || !isEventType(eventType)) return broken;
  try {
    const event = decodeEvent(eventType, bytesOf(row, 'payload'));
    const receiptIds =
      event.type === 'StockReceived'
        ? new Set([...before.receiptIds, event.data.receiptId])
        : before.receiptIds;
    if (!isEventOf(type, event)) throw new Error(`${eventType} is no event of a ${type}`);
    const state = EVOLVE[type](before.now.state, event);
    return { id: before.id, now: { state, version }, broken: false, receiptIds };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    findings.add('event-impossible', subject, `${eventType} at position ${position}: ${reason}`);
    return broken;
  }
}

function isEventOf<T extends AggregateType>(type: T, event: DomainEvent): event is AggregateEvents[T] {
  return aggregateTypeOf(event.type) === type;
}
