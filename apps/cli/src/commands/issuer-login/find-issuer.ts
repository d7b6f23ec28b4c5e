import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  discovery,
  None,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import { isLoopbackHost } from '@meridian/kernel';
import { failed } from './failed.ts';
import { LoginError } from './login-error.ts';

/** Who asks, and whom. */
export interface IssuerClient {
  /** The claim `iss` of the tokens: `/.well-known/openid-configuration` is below it. */
  readonly issuer: string;
  readonly clientId: string;
  /** A public client has none. */
  readonly clientSecret?: string | undefined;
}

const TIMEOUT_S = 30;

/**
 * Asks the issuer where its endpoints are. Nothing is sent without TLS, but to this machine: not even where a document of
 * the issuer says so. Rejects with LoginError.
 */
export async function findIssuer({ issuer, clientId, clientSecret }: IssuerClient): Promise<Configuration> {
  if (!URL.canParse(issuer)) throw new LoginError('ISSUER_INVALID', `${issuer} is no URL`);
  const url = new URL(issuer);
  mustBeSecure(url);
  const authentication = clientSecret === undefined ? None() : withSecret(clientSecret);
  const found = await discovery(url, clientId, undefined, authentication, {
    timeout: TIMEOUT_S,
    ...(isLoopback(url) ? { execute: [allowInsecureRequests] } : {}),
  }).catch((error: unknown) => {
    throw failed(error, issuer);
  });
  const { token_endpoint: tokens, device_authorization_endpoint: devices } = found.serverMetadata();
  if (tokens === undefined) throw new LoginError('ISSUER_INVALID', `${issuer} names no endpoint for tokens`);
  for (const endpoint of [tokens, devices]) if (endpoint !== undefined) mustBeSecure(new URL(endpoint));
  return found;
}

/** In the header, as every issuer has to know it; in the body where the issuer takes it there only. */
function withSecret(secret: string): ClientAuth {
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBodyOnly = !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
    (isBodyOnly ? ClientSecretPost : ClientSecretBasic)(secret)(server, ...rest);
  };
}

function mustBeSecure(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return;
  throw new LoginError('ISSUER_NOT_SECURE', `${url.origin} is no https: URL, and not on this machine`);
}

function isLoopback({ hostname }: URL): boolean {
  return isLoopbackHost(hostname.replace(/^\[|\]$/g, ''));
}
