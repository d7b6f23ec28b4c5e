import { permissionDenied, unauthenticated, type AccessControl, type Caller } from '@meridian/rpc';
import { decideCall } from './decide.ts';
import type { VerifyToken } from './tokens/verify-token.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/**
 * Says who calls and who may, by the table. A token proves a caller, or else the client certificate of a service. Without
 * `verifyToken` no token is taken.
 */
export function createAccessControl(verifyToken?: VerifyToken): AccessControl {
  return {
    identify({ authorization, certificate }) {
      const [given, ...more] = authorization;
      if (given === undefined) return certificate === undefined ? nobody() : serviceNamed(certificate);
      const token = typeof given === 'string' && more.length === 0 ? BEARER.exec(given)?.[1] : undefined;
      if (token === undefined || !verifyToken) throw noBearer();
      return verifyToken(token);
    },
    permit(path, caller, request) {
      const decision = decideCall(path, caller, request);
      if (decision.kind === 'allowed') return decision.own;
      throw permissionDenied(decision.reason, decision.message, decision.metadata);
    },
  };
}

/** A service of Meridian: the private authority signs the certificates of its services only. */
function serviceNamed(name: string): Caller {
  return { id: `certificate|${name}`, actor: `service:${name}`, roles: ['service'] };
}

function nobody(): never {
  const message = 'nothing says who calls: send a token in the metadata key authorization, as "Bearer TOKEN"';
  throw unauthenticated('TOKEN_MISSING', message);
}

function noBearer(): Error {
  const message =
    'authorization must be one value of the form "Bearer TOKEN", with a token that this service takes';
  return unauthenticated('TOKEN_INVALID', message);
}
