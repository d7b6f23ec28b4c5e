import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeSecret } from '@meridian/engines';
import type { StackAccess } from '@meridian/local-stack';

/** Keeps a token for the commands that follow, and as a header for buf curl. Only its owner may read it. */
export function keepToken(
  { tokenFile, headersFile }: Pick<StackAccess, 'tokenFile' | 'headersFile'>,
  token: string,
): void {
  mkdirSync(path.dirname(tokenFile), { recursive: true, mode: 0o700 });
  writeSecret(tokenFile, token);
  writeSecret(headersFile, `authorization: Bearer ${token}\n`);
}
