import type { Role, StaffRole } from './roles.ts';
import { isRole } from './roles.ts';
import type { Hidden } from './rule.ts';
import { METHOD_RULES, type AnyRule } from './table.ts';

/** Who asks, as far as the table goes. */
export interface Asker {
  /** Words that name no role count for nothing. */
  readonly roles: readonly string[];
  /** Whose own data a caller of the role customer may work with. */
  readonly customerId?: string | undefined;
}

/** Why a call is refused. */
export type DenialReason = 'METHOD_NOT_ALLOWED' | 'NOT_YOUR_DATA' | 'FIELD_NOT_ALLOWED';

/** The bound of a call to one customer's own data. */
export interface OwnData {
  readonly customerId: string;
  /** What to tell of data that is not the customer's own, and of data that does not exist. */
  readonly hidden?: Hidden;
  /** Whether an answer may be sent; every one may be when left out. */
  isOwn?(answer: unknown): boolean;
}

/** What the table says of a call. */
export type Decision =
  | { readonly kind: 'allowed'; readonly own?: OwnData }
  | {
      readonly kind: 'denied';
      readonly reason: DenialReason;
      readonly message: string;
      readonly metadata: Readonly<Record<string, string>>;
    };

const RULE_OF: ReadonlyMap<string, AnyRule> = new Map(METHOD_RULES.map(({ path, rule }) => [path, rule]));

/** Whether the table knows a method. */
export const isKnownMethod = (path: string): boolean => RULE_OF.has(path);

/**
 * Says whether a call is allowed. What the table does not name is denied: unknown methods, unknown roles, and a customer without an
 * id. A denial says nothing about whether the data exists.
 */
export function decideCall(path: string, asker: Asker, request: unknown): Decision {
  const rule = RULE_OF.get(path);
  const roles = asker.roles.filter(isRole);
  if (!rule) return methodDenied(path, roles);
  const isStaff = roles.some((role) => includes(rule.staff, role));
  const decision = isStaff
    ? ({ kind: 'allowed' } as const)
    : decideCustomer(path, rule, asker, roles, request);
  if (decision.kind === 'denied') return decision;
  const reserved = rule.reserved?.find(
    (field) => !roles.some((role) => includes(field.roles, role)) && field.isSet(request),
  );
  return reserved ? fieldDenied(reserved.field) : decision;
}

function decideCustomer(
  path: string,
  { customer }: AnyRule,
  { customerId }: Asker,
  roles: readonly Role[],
  request: unknown,
): Decision {
  if (customer.kind === 'never' || !roles.includes('customer')) return methodDenied(path, roles);
  if (customer.kind === 'public') return { kind: 'allowed' };
  if (!customerId) return notYours('your token names no customer: ask for a token that does');
  switch (customer.kind) {
    case 'named':
      return customer.customerIdOf(request) === customerId
        ? { kind: 'allowed', own: { customerId } }
        : notYours('customer_id must be your own id, the one that your token names');
    case 'shown':
      return {
        kind: 'allowed',
        own: {
          customerId,
          hidden: customer.hidden(request),
          isOwn: (answer) => customer.customerIdOf(answer) === customerId,
        },
      };
    case 'decided':
      return { kind: 'allowed', own: { customerId, hidden: customer.hidden(request) } };
  }
}

function includes(roles: readonly StaffRole[], role: Role): boolean {
  return roles.some((allowed) => allowed === role);
}

function methodDenied(path: string, roles: readonly Role[]): Decision {
  const message =
    roles.length > 0
      ? `your roles (${roles.join(', ')}) may not call this method: docs/security.md says who may`
      : 'you have no role here: docs/security.md says which role may call this method';
  return { kind: 'denied', reason: 'METHOD_NOT_ALLOWED', message, metadata: { method: path.slice(1) } };
}

function notYours(message: string): Decision {
  return { kind: 'denied', reason: 'NOT_YOUR_DATA', message, metadata: {} };
}

function fieldDenied(field: string): Decision {
  const message = `your roles may not set ${field}: leave it out`;
  return { kind: 'denied', reason: 'FIELD_NOT_ALLOWED', message, metadata: { field } };
}
