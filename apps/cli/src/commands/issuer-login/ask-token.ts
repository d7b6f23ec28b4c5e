import {
  clientCredentialsGrant,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
} from 'openid-client';
import { failed } from './failed.ts';
import { findIssuer, type IssuerClient } from './find-issuer.ts';
import { LoginError } from './login-error.ts';

/** What kind of token to ask for. */
export interface TokenWish extends IssuerClient {
  readonly scope?: string | undefined;
  /** For whom the token shall be, where the issuer is asked by the parameter `audience`. */
  readonly audience?: string | undefined;
  /** The same as a URI, where the issuer is asked as in RFC 8707. */
  readonly resource?: string | undefined;
}

/** A token that services take. */
export interface IssuedToken {
  readonly token: string;
  /** Undefined where the issuer does not say. */
  readonly validS: number | undefined;
}

/** What a person has to do on another device. */
export interface DeviceTask {
  readonly url: string;
  /** To be typed there, or to be compared. */
  readonly code: string;
}

const MAX_CHARACTERS = 16 * 1_024;
const MAX_WAIT_S = 3_600;

/** Asks for a token of the client itself (client credentials). Rejects with LoginError. */
export async function askAsClient(wish: TokenWish): Promise<IssuedToken> {
  const issuer = await findIssuer(wish);
  const answer = await clientCredentialsGrant(issuer, parametersOf(wish)).catch((error: unknown) => {
    throw failed(error, wish.issuer);
  });
  return usable(answer.access_token, answer.expires_in);
}

/**
 * Asks for the token of a person, who confirms it on any device with a browser (RFC 8628). `tell` is called once with
 * what to do; then this waits, for an hour at most, until the code expires or the signal ends it. Rejects with LoginError.
 */
export async function askByDevice(
  wish: TokenWish,
  tell: (task: DeviceTask) => void,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const issuer = await findIssuer(wish);
  if (issuer.serverMetadata().device_authorization_endpoint === undefined)
    throw new LoginError('DEVICE_FLOW_MISSING', `${wish.issuer} offers no login by another device`);
  try {
    const device = await initiateDeviceAuthorization(issuer, parametersOf(wish));
    tell({ url: device.verification_uri_complete ?? device.verification_uri, code: device.user_code });
    const resource = parametersOf({ resource: wish.resource });
    const validUntil = AbortSignal.timeout(Math.min(device.expires_in, MAX_WAIT_S) * 1_000);
    const either = AbortSignal.any([signal, validUntil]);
    const answer = await pollDeviceAuthorizationGrant(issuer, device, resource, { signal: either }).catch(
      (error: unknown) => {
        if (!validUntil.aborted || signal.aborted) throw error;
        throw new LoginError('DEVICE_CODE_EXPIRED', 'nobody confirmed the code while it was valid');
      },
    );
    return usable(answer.access_token, answer.expires_in);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(error, wish.issuer);
  }
}

function parametersOf({
  scope,
  audience,
  resource,
}: Pick<TokenWish, 'scope' | 'audience' | 'resource'>): Record<string, string> {
  const given = Object.entries({ scope, audience, resource });
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Services take tokens that are signed texts (JWT); an issuer may give others unless it is asked for an audience. */
function usable(token: string, validS: number | undefined): IssuedToken {
  if (token.length <= MAX_CHARACTERS && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return { token, validS };
  const message =
    'the issuer gave a token that is no JWT, which no service takes: name --audience or --resource';
  throw new LoginError('TOKEN_UNUSABLE', message);
}
