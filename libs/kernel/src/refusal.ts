/** The kind of a refusal; each kind has one gRPC status. */
export type RefusalKind = 'not-found' | 'already-exists' | 'failed-precondition' | 'version-mismatch';

/** One condition that was not met, in the form of google.rpc.PreconditionFailure. */
export interface Violation {
  /** The stable reason, such as INSUFFICIENT_STOCK. */
  readonly type: string;
  /** The subject of the condition, such as `product/85123A`. */
  readonly subject: string;
  /** The condition in words, with the figures: what is short and by how much. */
  readonly description: string;
}

/** The refusal of a rule: a value, never thrown. A refusal changes nothing and is not remembered. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The stable reason in UPPER_SNAKE_CASE that callers may match on. */
  readonly code: string;
  /** A message for a person, with what to do about the refusal. Never personal data. */
  readonly message: string;
  readonly violations: readonly Violation[];
}

/** The result of deciding: the events that become facts, or a refusal. */
export type Decision<Event> =
  | { readonly accepted: true; readonly events: readonly Event[] }
  | { readonly accepted: false; readonly refusal: Refusal };

/** Accepts: these events, at least one, become facts. */
export function accept<Event>(...events: readonly Event[]): Decision<Event> {
  return { accepted: true, events };
}

/** Refuses, for a reason that callers may match on. */
export function refuse(
  kind: RefusalKind,
  code: string,
  message: string,
  violations: readonly Violation[] = [],
): {
  readonly accepted: false;
  readonly refusal: Refusal;
} {
  return { accepted: false, refusal: { kind, code, message, violations } };
}
