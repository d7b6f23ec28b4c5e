import { readFile } from 'node:fs/promises';
import type { ChannelOptions, TokenSource } from '@meridian/rpc';

/** How a client proves who it is, and whom it trusts. */
export type ChannelSecurity = Pick<ChannelOptions, 'accessToken' | 'tls'>;

const MAX_TOKEN_BYTES = 16 * 1024;
const KEPT_MS = 1_000;

/**
 * A token that somebody else keeps fresh in a file: it is read again when it is a second old. The client fails a call whose token cannot
 * be read, and never says what is in the file.
 */
export function tokenOfFile(file: string): TokenSource {
  let kept: { readonly token: Promise<string>; readonly untilMs: number } | undefined;
  return () => {
    if (!kept || Date.now() >= kept.untilMs) kept = { token: read(file), untilMs: Date.now() + KEPT_MS };
    return kept.token;
  };
}

async function read(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '' || token.length > MAX_TOKEN_BYTES || /\s/.test(token))
    throw new Error(`the file ${file} does not hold one token`);
  return token;
}

/** The variables that say how a client proves who it is, and whom it trusts. */
type ClientVariable =
  `MERIDIAN_CLIENT_${'AUTHORITY_FILE' | 'CERTIFICATE_FILE' | 'KEY_FILE' | 'SERVER_NAME' | 'TOKEN_FILE'}`;

/**
 * The security of a client, as the environment says:
 *
 * - `MERIDIAN_CLIENT_TOKEN_FILE`: the token
 * - `MERIDIAN_CLIENT_AUTHORITY_FILE`: whose signature on the servers' certificates is trusted
 * - `MERIDIAN_CLIENT_CERTIFICATE_FILE` and `MERIDIAN_CLIENT_KEY_FILE`: the client's own certificate
 * - `MERIDIAN_CLIENT_SERVER_NAME`: the name in the servers' certificates
 *
 * One of the last four is enough for TLS. The files are not read yet: a bad file is noticed when a client is made.
 */
export function channelSecurity(env: {
  readonly [Name in ClientVariable]?: string | undefined;
}): ChannelSecurity {
  const tls = {
    authorityFile: env['MERIDIAN_CLIENT_AUTHORITY_FILE'] || undefined,
    certificateFile: env['MERIDIAN_CLIENT_CERTIFICATE_FILE'] || undefined,
    keyFile: env['MERIDIAN_CLIENT_KEY_FILE'] || undefined,
    serverName: env['MERIDIAN_CLIENT_SERVER_NAME'] || undefined,
  };
  const isSecure = Object.values(tls).some((value) => value !== undefined);
  const tokenFile = env['MERIDIAN_CLIENT_TOKEN_FILE'];
  return {
    ...(isSecure ? { tls } : {}),
    ...(tokenFile ? { accessToken: tokenOfFile(tokenFile) } : {}),
  };
}
