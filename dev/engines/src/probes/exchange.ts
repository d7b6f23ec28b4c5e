import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Exchange {
  readonly host: string;
  readonly port: number;
  /** Sent once connected; without it the server speaks first. */
  readonly request?: Buffer;
  readonly timeoutMs: number;
  /** The authority of the server's certificate, in PEM: then TLS is spoken. */
  readonly authority?: string | undefined;
}

/**
 * Connects, sends, and collects bytes until `parse` makes an answer of these; `parse` may send more. Undefined when no
 * process listens, the connection ends, `parse` throws, or `timeoutMs` pass first: for a probe these cases are the
 * same.
 */
export async function exchange<T>(
  { host, port, request, timeoutMs, authority }: Exchange,
  parse: (received: Buffer, send: (more: Buffer) => void) => T | undefined,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const socket =
      authority === undefined ? connect({ host, port }) : connectTls({ host, port, ca: authority });
    let received = Buffer.alloc(0);
    const finish = (answer: T | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, timeoutMs, undefined);
    socket.once('error', () => {
      finish(undefined);
    });
    socket.once('close', () => {
      finish(undefined);
    });
    socket.once(authority === undefined ? 'connect' : 'secureConnect', () => {
      if (request !== undefined) socket.write(request);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const answer = parse(received, (more) => socket.write(more));
        if (answer !== undefined) finish(answer);
      } catch {
        finish(undefined);
      }
    });
  });
}

export const probeTimeoutMs = 2_000;

/** Splits `host:port`; undefined for any other text. An IPv6 address stands in brackets. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:/@\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) return undefined;
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}
