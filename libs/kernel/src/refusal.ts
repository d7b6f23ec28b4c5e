/** What kind of refusal it is; each kind has one gRPC status. */
export type RefusalKind = 'not-found' | 'already-exists' | 'failed-precondition' | 'version-mismatch';

/** One condition that was not met, as google.rpc.PreconditionFailure has it. */
export interface Violation {
  /** The stable reason, such as INSUFFICIENT_STOCK. */
  readonly type: string;
  /** What it is about, such as `product/85123A`. */
  readonly subject: string;
  /** In words, with the figures: what is short and by how much. */
  readonly description: string;
}

/** A rule's no: a value, never thrown. It changes nothing and is not remembered. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The stable reason in UPPER_SNAKE_CASE that callers may match on. */
  readonly code: string;
  /** What to tell a person, with what to do about it. Never personal data. */
  readonly message: string;
  readonly violations: readonly Violation[];
}

/** What deciding gives: the events that become facts, or a refusal. */
export type Decision<Event> =
  | { readonly accepted: true; readonly events: readonly Event[] }
  | { readonly accepted: false; readonly refusal: Refusal };

/** Says yes: these events, at least one, become facts. */
export function accept<Event>(...events: readonly Event[]): Decision<Event> {
  return { accepted: true, events };
}

/** Says no, for a reason that callers may match on. */
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
