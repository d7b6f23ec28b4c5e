import { printable } from '../../output.ts';

/** Why there is no token. Stable, for programs. */
export type LoginFailure =
  /** The issuer, or what it names, is reached without TLS, and is not on this machine. */
  | 'ISSUER_NOT_SECURE'
  | 'ISSUER_UNAVAILABLE'
  /** It answers, and not as an issuer does. */
  | 'ISSUER_INVALID'
  | 'SECRET_FILE'
  /** The issuer does not know the client, or refuses what it asks for. */
  | 'CLIENT_REFUSED'
  | 'DEVICE_FLOW_MISSING'
  | 'DEVICE_DENIED'
  | 'DEVICE_CODE_EXPIRED'
  /** The issuer gave a token that no service takes. */
  | 'TOKEN_UNUSABLE';

/** A login that gave no token. The message names the reason, and never a secret or a token. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly reason: LoginFailure;

  constructor(reason: LoginFailure, message: string, options?: ErrorOptions) {
    super(`${printable(message)} (${reason})`, options);
    this.reason = reason;
  }
}
