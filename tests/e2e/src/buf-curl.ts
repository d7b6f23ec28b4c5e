import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What a call gave: the answer as JSON, or the error, with the bytes of its details as text. */
export type CurlResult =
  | { readonly ok: true; readonly answer: Json }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly details: string };

/** Any JSON value, to be looked into by `at`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a call may carry besides its request. */
export interface CurlOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A file with more headers: what is in it is in no process list. */
  readonly headersFile?: string;
  readonly timeoutSeconds?: number;
  /** Over TLS; without it, everything travels as it is. */
  readonly secured?: Secured;
}

/** Whom a caller over TLS trusts. */
export interface Secured {
  readonly authorityFile: string;
}

/** The workspace's own `buf`. */
export const buf = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@bufbuild/buf/package.json')),
  'bin/buf',
);

/**
 * Calls a method as a programmer with somebody else's gRPC client would: `buf curl` over server reflection, JSON in and out.
 * Never rejects for an error that the server answered.
 */
export function bufCurl(
  address: string,
  method: string,
  request: Json,
  { headers = {}, headersFile, timeoutSeconds = 20, secured }: CurlOptions = {},
): Promise<CurlResult> {
  const args = ['curl', '--protocol', 'grpc', '--timeout', `${timeoutSeconds}s`];
  args.push(...(secured ? ['--cacert', secured.authorityFile] : ['--http2-prior-knowledge']));
  for (const [name, value] of Object.entries(headers)) args.push('--header', `${name}: ${value}`);
  if (headersFile !== undefined) args.push('--header', `@${headersFile}`);
  args.push('--data', JSON.stringify(request), `${secured ? 'https' : 'http'}://${address}/${method}`);
  return new Promise((resolve, reject) => {
    execFile(buf, args, { maxBuffer: 16_000_000 }, (error, stdout, stderr) => {
      if (!error) return resolve({ ok: true, answer: parseJson(stdout) });
      const failure = errorOf(stderr);
      if (failure) resolve({ ok: false, ...failure });
      else reject(new Error(`buf curl ${method} failed without an answer: ${stderr || error.message}`));
    });
  });
}

/** The value at a path such as `at(answer, 'order', 'summary', 'status')`; undefined where the path ends early. */
export function at(value: Json | undefined, ...keys: readonly (string | number)[]): Json | undefined {
  let current = value;
  for (const key of keys) {
    if (Array.isArray(current) && typeof key === 'number') current = current[key];
    else if (isRecord(current)) current = current[String(key)];
    else return undefined;
  }
  return current;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): Json {
  const parsed: Json = JSON.parse(text);
  return parsed;
}

function errorOf(stderr: string): { code: string; message: string; details: string } | undefined {
  const start = stderr.indexOf('{');
  if (start < 0) return undefined;
  const parsed = parseJson(stderr.slice(start));
  const code = at(parsed, 'code');
  if (typeof code !== 'string') return undefined;
  const details = at(parsed, 'details');
  const texts = Array.isArray(details)
    ? details.map((detail: Json) => Buffer.from(textAt(detail, 'value'), 'base64').toString())
    : [];
  return { code, message: textAt(parsed, 'message'), details: texts.join('\n') };
}

function textAt(value: Json, key: string): string {
  const found = at(value, key);
  return typeof found === 'string' ? found : '';
}
