/** Stands in names, e-mails and addresses that are sent: no error and no line of a log may hold it. */
export const PERSONAL = 'Zauberlehrling';

/** Texts that must not reach a caller, beside the secrets of a run. */
const NEVER: readonly RegExp[] = [
  new RegExp(PERSONAL, 'i'),
  // A stack trace, a file of this machine, a statement.
  /\n\s+at /,
  /node_modules|file:\/\/|\/src\/|\.ts:\d/,
  /SELECT .+ FROM |INSERT INTO /,
  /-----BEGIN/,
];

/** Keys of a run, in the forms in which they could be printed. */
export function formsOf(secret: Buffer): readonly string[] {
  return [secret.toString('base64'), secret.toString('base64url'), secret.toString('hex')];
}

/** What of a text must not be told to a caller, nor stand in a log; undefined when it may be told. */
export function leakIn(text: string, secrets: readonly string[] = []): string | undefined {
  const pattern = NEVER.find((one) => one.test(text));
  if (pattern) return `holds what ${String(pattern)} matches`;
  return secrets.some((secret) => text.includes(secret)) ? 'holds a secret' : undefined;
}
