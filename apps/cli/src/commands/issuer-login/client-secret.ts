import { readFileSync } from 'node:fs';
import { LoginError } from './login-error.ts';

const MAX_CHARACTERS = 4_096;

/** The secret of a client in a file, without the line end at its end. Throws LoginError without repeating it. */
export function readClientSecret(file: string): string {
  const secret = contentOf(file).trim();
  if (secret === '' || secret.length > MAX_CHARACTERS || /\s/.test(secret))
    throw new LoginError('SECRET_FILE', `the file ${file} does not hold one secret`);
  return secret;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new LoginError('SECRET_FILE', `the file ${file} cannot be read: ${code}`, { cause: error });
  }
}
