import { ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { LoginError, type LoginFailure } from './login-error.ts';

/** What issuers answer to a device that waits (RFC 8628), and what that means here. */
const DEVICE: Readonly<Record<string, LoginFailure>> = {
  access_denied: 'DEVICE_DENIED',
  expired_token: 'DEVICE_CODE_EXPIRED',
};
const NETWORK = 'ISSUER_UNAVAILABLE';

/**
 * The LoginError of what the library has thrown. Of the issuer's answer it has the code and the description, which are
 * for people. It has nothing that was sent.
 */
export function failed(error: unknown, issuer: string): LoginError {
  if (error instanceof LoginError) return error;
  if (error instanceof ResponseBodyError) {
    const said = [error.error, error.error_description].filter(Boolean).join(': ');
    return new LoginError(DEVICE[error.error] ?? 'CLIENT_REFUSED', `${issuer} says ${said}`);
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const parameters = error.cause[0]?.parameters;
    const said = [parameters?.error, parameters?.error_description].filter(Boolean).join(': ');
    return new LoginError('CLIENT_REFUSED', `${issuer} says ${said || `status ${error.status}`}`);
  }
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') return new LoginError(NETWORK, `${issuer} does not answer in time`);
  if (error instanceof TypeError && error.message === 'fetch failed')
    return new LoginError(NETWORK, `${issuer} cannot be reached: ${codeOf(error.cause)}`);
  const message = error instanceof Error ? error.message : String(error);
  return new LoginError('ISSUER_INVALID', `${issuer} does not answer as an issuer: ${message}`);
}

function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
