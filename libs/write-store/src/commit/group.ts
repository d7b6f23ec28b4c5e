import type { Refusal } from '@meridian/kernel';
import type { Claims } from '../command-log/command-log.ts';
import type { Command } from '../command/command.ts';
import type { Statement } from '../sql/script.ts';
import type { LockedState } from '../state/state-tables.ts';
import {
  merge,
  noStates,
  overlay,
  RefusedEventError,
  type Changes,
  type RecordedEvent,
} from '../state/working-copy.ts';

/** An accepted command whose events have no position yet. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly command: Command;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly answer: Uint8Array;
  readonly events: readonly RecordedEvent[];
  /** What else the transaction writes. */
  readonly alongside: readonly Statement[];
}

/** What was decided of one command, before the commit. */
export type Decided =
  | Accepted
  | { readonly kind: 'repeat'; readonly of: Accepted }
  | { readonly kind: 'replay'; readonly requestId: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A whole group, decided in memory. */
export interface DecidedGroup {
  /** In the order of the commands. */
  readonly decided: readonly Decided[];
  readonly accepted: readonly Accepted[];
  /** What changed, over what was locked. */
  readonly changed: LockedState;
}

/** A command that was accepted without recording an event: a mistake of its code. */
export class NoEventError extends Error {
  override readonly name = 'NoEventError';
}

function sameContent(a: Command, fingerprint: Uint8Array): boolean {
  return Buffer.compare(a.fingerprint, fingerprint) === 0;
}

function decideOne(
  command: Command,
  base: LockedState,
): { decided: Accepted; changes: Changes } | { decided: Decided } {
  const { copy, changes } = overlay(base, command);
  try {
    const decision = command.decide(copy);
    if (!decision.accepted) return { decided: { kind: 'refused', refusal: decision.refusal } };
    if (changes.events.length === 0) throw new NoEventError(`${command.name} recorded no event`);
    const { aggregateId, version, answer, alongside = [] } = decision;
    const { events } = changes;
    return {
      decided: { kind: 'accepted', command, aggregateId, version, answer, events, alongside },
      changes,
    };
  } catch (error) {
    if (error instanceof RefusedEventError) return { decided: { kind: 'refused', refusal: error.refusal } };
    // The command's own mistake; its neighbours have not seen its changes.
    return { decided: { kind: 'failed', error } };
  }
}

/**
 * Decides commands one after the other, each on what the accepted ones before it left. A refused or failing command leaves
 * nothing behind. A request id that was accepted before, in the log or in this group, is not decided again.
 */
export function decideGroup(
  commands: readonly Command[],
  locked: LockedState,
  claims: Pick<Claims, 'find'>,
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
    const result = decideOne(command, current);
    if ('changes' in result) {
      merge(current, result.changes);
      merge(changed, result.changes);
      accepted.set(requestId, result.decided);
    }
    return result.decided;
  });
  return { decided, accepted: [...accepted.values()], changed };
}
