import { contextOfAggregate } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { requestBytes } from '@meridian/mysql';
import type { Claims } from '../command-log/claim-requests.ts';
import type { Command, CommandDecision, NewEvent } from '../command/command.ts';
import type { LockedState } from '../state/state-tables.ts';
import { merge, noStates, overlay, RefusedEventError, type Changes } from '../state/working-copy.ts';
import type { Accepted, BegunGroup, Decided, DecidedGroup, PendingEvent } from './group.ts';
import { tailOf, type Tail } from './tail.ts';

/** What planning is told from outside. */
export interface PlanContext {
  /** The trace context that a command's journal rows carry. */
  traceOf(command: Command): string;
  /** A position that an event is known to have had: the head is not moved from below it. */
  readonly knownPosition: bigint;
  /** What more than one command may write together, in bytes of the request. */
  readonly maxGroupBytes: number;
}

/** Decided commands, and the one request that saves and commits what was accepted of them. */
export interface Plan {
  readonly commands: readonly Command[];
  readonly group: DecidedGroup;
  /** Undefined when nothing was accepted. */
  readonly tail: Tail | undefined;
  /** The only command writes more than a request can hold. */
  readonly isTooLarge: boolean;
}

/** A command that was accepted without recording an event: a mistake of its code. */
export class NoEventError extends Error {
  override readonly name = 'NoEventError';
}

/**
 * Decides as many commands, from the first on, as one request may write; the others change nothing and keep no claim. A command alone
 * may write as much as the server takes, more commands no more than `maxGroupBytes` either.
 */
export function planWithin(
  commands: readonly Command[],
  begun: BegunGroup,
  context: PlanContext,
  maxRequestBytes: number,
): Plan {
  const group = decideGroup(commands, begun.locked, begun.claims, context.traceOf);
  const tail = group.accepted.length > 0 ? tailOf(begun, group, context.knownPosition) : undefined;
  const bytes = requestBytes(tail?.statements ?? []);
  const isAlone = commands.length === 1;
  const isTooLarge = bytes > maxRequestBytes;
  if (isAlone || (!isTooLarge && bytes <= context.maxGroupBytes))
    return { commands, group, tail, isTooLarge };
  const fewer = commands.slice(0, Math.ceil(commands.length / 2));
  return planWithin(fewer, begun, context, maxRequestBytes);
}

function sameContent({ fingerprint, olderFingerprints = [] }: Command, known: Uint8Array): boolean {
  return [fingerprint, ...olderFingerprints].some((one) => Buffer.compare(one, known) === 0);
}

/** What one command decided by itself, before it has a place in its group. */
type OwnDecision =
  | {
      readonly kind: 'accepted';
      readonly decision: Extract<CommandDecision, { readonly accepted: true }>;
      readonly changes: Changes;
    }
  | Extract<Decided, { readonly kind: 'refused' | 'failed' }>;

function decideCommand(command: Command, base: LockedState): OwnDecision {
  const { copy, changes } = overlay(base, command);
  try {
    const decision = command.decide(copy);
    if (!decision.accepted) return { kind: 'refused', refusal: decision.refusal };
    if (changes.events.length === 0) throw new NoEventError(`${command.name} recorded no event`);
    return { kind: 'accepted', decision, changes };
  } catch (error) {
    if (error instanceof RefusedEventError) return { kind: 'refused', refusal: error.refusal };
    // The mistake is the command's own. The other commands of the group have not seen what it changed.
    return { kind: 'failed', error };
  }
}

/**
 * Decides commands one after the other, each on what the accepted ones before it left. A refused or failing command leaves
 * nothing behind. A request id that was accepted before, in the log or in this group, is not decided again. The events of an
 * accepted command carry the trace context that `traceOf` gives.
 */
export function decideGroup(
  commands: readonly Command[],
  locked: LockedState,
  claims: Pick<Claims, 'find'>,
  traceOf: (command: Command) => string,
): DecidedGroup {
  const changed: LockedState = { states: noStates(), receipts: new Map() };
  const current: LockedState = {
    states: {
      product: new Map(locked.states.product),
      stock: new Map(locked.states.stock),
      customer: new Map(locked.states.customer),
      order: new Map(locked.states.order),
    },
    receipts: new Map(locked.receipts),
  };
  const accepted = new Map<string, Accepted>();
  const events: PendingEvent[] = [];
  const decided = commands.map((command): Decided => {
    const requestId = command.requestId.toLowerCase();
    const logged = claims.find(requestId);
    if (logged)
      return sameContent(command, logged.fingerprint) ? { kind: 'replay', requestId } : { kind: 'conflict' };
    const first = accepted.get(requestId);
    if (first)
      return sameContent(command, first.command.fingerprint)
        ? { kind: 'repeat', of: first }
        : { kind: 'conflict' };
    const own = decideCommand(command, current);
    if (own.kind !== 'accepted') return own;
    merge(current, own.changes);
    merge(changed, own.changes);
    const { aggregateId, version, answer, alongside = [] } = own.decision;
    const pending = pendingEvents(own.changes.events, {
      actor: command.actor,
      traceparent: traceOf(command),
    });
    const result: Accepted = {
      kind: 'accepted',
      command,
      aggregateId,
      version,
      answer,
      events: pending,
      eventsBefore: events.length,
      alongside,
    };
    events.push(...pending);
    accepted.set(requestId, result);
    return result;
  });
  return { decided, accepted: [...accepted.values()], events, changed };
}

/** Gives the events of one command all that is known of their envelopes before the commit. */
export function pendingEvents(
  events: readonly NewEvent[],
  { actor, traceparent }: Pick<Command, 'actor' | 'traceparent'>,
): readonly PendingEvent[] {
  return events.map((event) => ({
    ...event,
    shard: shardOf(event.aggregateId),
    context: contextOfAggregate(event.aggregateType),
    actor,
    traceparent,
  }));
}
