import { isRole } from '@meridian/access';
import { isAggregateId } from '@meridian/kernel';
import { invalidArgument, type Admitted, type CallContext } from '@meridian/rpc';

/** The metadata key by which a caller may name itself. */
export const ACTOR_KEY = 'meridian-actor';

const ACTOR = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
const NOBODY = 'grpc';

/** The actor column has 128 characters. */
const MAX_LENGTH = 128;

/**
 * Who a call is from, for the journal, with no personal data.
 *
 * Where the service is closed: the caller that was proven and the roles, such as `user:4711(finance+warehouse)`; what the call says of
 * itself does not count. A customer who may work with own data only is named by the customer's id, as in `customer:17850(customer)`.
 * The login behind the id may be a person's name, and the journal keeps it for good. Where it is open: what the call says, or `grpc`
 * when it says nothing. That is a name for tracing back, and no proof. It has no parenthesis, so nobody can write itself roles. Throws
 * INVALID_ARGUMENT that names the key when it is no name, or given twice.
 */
export function actorOf({ metadata, admitted }: Pick<CallContext, 'metadata' | 'admitted'>): string {
  if (admitted) return provenActor(admitted);
  const [given, ...more] = metadata.getAll(ACTOR_KEY);
  if (given === undefined) return NOBODY;
  if (typeof given === 'string' && ACTOR.test(given) && more.length === 0) return given;
  const description = 'must be one name of 1 to 64 letters, digits and . _ : / -, and no personal data';
  throw invalidArgument([{ field: ACTOR_KEY, description }]);
}

/** A caller as the journal names it. Only roles that the table knows are told: an issuer may put anything among them. */
export function provenActor({ caller: { actor, roles }, own }: Admitted): string {
  if (own && isAggregateId(own.customerId)) return `customer:${own.customerId}(customer)`;
  const told = roles.filter(isRole);
  return `${actor}(${[...new Set(told)].sort().join('+')})`.slice(0, MAX_LENGTH);
}
