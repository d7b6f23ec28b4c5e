import { accessOf, type StackAccess } from '@meridian/local-stack';
import { CommanderError } from 'commander';
import { printable, say } from '../../output.ts';
import { keepToken } from '../keep-token.ts';
import { askAsClient, askByDevice, type IssuedToken, type TokenWish } from './ask-token.ts';
import { readClientSecret } from './client-secret.ts';

/** How to log in at an issuer, as a person types it. */
export interface IssuerLoginOptions {
  readonly issuer: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  /** A person confirms on another device; without it, the client logs in by itself. */
  readonly device: boolean;
  readonly scope?: string;
  readonly audience?: string;
  readonly resource?: string;
}

/** Where a token is kept. */
type Kept = Pick<StackAccess, 'tokenFile' | 'headersFile'>;

/** Where the commands that follow look for a token: the file that the environment names, else that of the stack's folder. */
export function keptFiles(folder: string, environment: Readonly<Record<string, string | undefined>>): Kept {
  const tokenFile = environment['MERIDIAN_CLIENT_TOKEN_FILE'];
  return tokenFile ? { tokenFile, headersFile: `${tokenFile}-headers` } : accessOf(folder);
}

/**
 * Gets a token from any OIDC issuer and keeps it for the commands that follow, where only its owner reads it. Rejects with
 * LoginError when there is none; what was kept before stays then.
 */
export async function loginAtIssuer(
  options: IssuerLoginOptions,
  files: Kept,
  signal: AbortSignal,
): Promise<void> {
  const { issuer, clientId, clientSecretFile, device, scope, audience, resource } = options;
  if (clientId === undefined) throw refusal('name the client as the issuer knows it: --client-id ID');
  if (!device && clientSecretFile === undefined)
    throw refusal('a client logs in with its secret, --client-secret-file FILE; a person with --device');
  const clientSecret = clientSecretFile === undefined ? undefined : readClientSecret(clientSecretFile);
  const wish: TokenWish = { issuer, clientId, clientSecret, scope, audience, resource };
  const { token, validS } = await (device ? byDevice(wish, signal) : askAsClient(wish));
  keepToken(files, token);
  const validity = validS === undefined ? '' : `, and valid for ${Math.floor(validS / 60)} minutes`;
  say(`a token of ${issuer} is in ${files.tokenFile}${validity}`);
}

function byDevice(wish: TokenWish, signal: AbortSignal): Promise<IssuedToken> {
  const tell = ({ url, code }: { readonly url: string; readonly code: string }) => {
    say(`open ${printable(url)} on any device, and confirm the code ${printable(code)}`);
  };
  return askByDevice(wish, tell, signal);
}

function refusal(message: string): CommanderError {
  return new CommanderError(1, 'meridian.login', message);
}
