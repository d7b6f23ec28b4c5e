import { invalidArgument, type CallContext } from '@meridian/rpc';

/** The metadata key by which a caller may name itself. */
export const ACTOR_KEY = 'meridian-actor';

const ACTOR = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
const NOBODY = 'grpc';

/**
 * Who a call says that it is from, for the journal: `grpc` when it says nothing. It is a name for tracing back, and no proof: there
 * is no authentication here. Throws INVALID_ARGUMENT that names the key when it is no name, or given twice.
 */
export function actorOf({ metadata }: Pick<CallContext, 'metadata'>): string {
  const [given, ...more] = metadata.getAll(ACTOR_KEY);
  if (given === undefined) return NOBODY;
  if (typeof given === 'string' && ACTOR.test(given) && more.length === 0) return given;
  const description = 'must be one name of 1 to 64 letters, digits and . _ : / -, and no personal data';
  throw invalidArgument([{ field: ACTOR_KEY, description }]);
}
