import { within } from '@meridian/async';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

/** What the endpoint reports. */
export interface Probed {
  readonly registry: Registry;
  /** Logs failures of requests, and errors of the port itself. */
  readonly log: Pick<Logger, 'error'>;
  isLive(): boolean;
  isReady(): boolean;
  /** What an operator has to do before the service can be ready; undefined where nobody has to do anything. */
  advice(): string | undefined;
}

/** An HTTP server that listens. */
export interface HttpEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** A bound for every resource that a caller can use. Probes and scrapes need far less. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
};
const MAX_CONNECTIONS = 256;
const METRICS_MS = 10_000;

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

/** The path that a request asks for; undefined when its target has none. `//x` is a path here, by RFC 9112. */
export function pathOf(target: string): string | undefined {
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0];
  return URL.parse(target)?.pathname;
}

async function respond(request: IncomingMessage, response: ServerResponse, probed: Probed): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return answer(response.setHeader('connection', 'close'), 405, 'only GET and HEAD\n');
  const path = pathOf(request.url ?? '');
  if (path === undefined) return answer(response, 400, 'the request names no path\n');
  if (path === '/metrics') {
    const metrics = await within(METRICS_MS, probed.registry.metrics());
    return answer(response, 200, metrics, probed.registry.contentType);
  }
  if (path === '/livez')
    return answer(response, probed.isLive() ? 200 : 503, probed.isLive() ? 'live\n' : 'not live\n');
  if (path === '/readyz') {
    if (probed.isReady()) return answer(response, 200, 'ready\n');
    const advice = probed.advice();
    return answer(response, 503, advice === undefined ? 'not ready\n' : `not ready: ${advice}\n`);
  }
  return answer(response, 404, 'there are /metrics, /livez and /readyz\n');
}

/** Answers a request whatever happens: a failure is logged and answered with 500. Never rejects. */
async function answerAnyway(
  request: IncomingMessage,
  response: ServerResponse,
  probed: Probed,
): Promise<void> {
  try {
    await respond(request, response, probed);
  } catch (error) {
    probed.log.error({ err: error, event: 'http' }, 'a request over HTTP failed');
    if (response.headersSent) response.destroy();
    else answer(response, 500, 'this failed; the log says why\n');
  }
}

async function listening(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, host, () => resolve(undefined));
  await promise;
  server.off('error', reject);
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/**
 * Serves /metrics, /livez and /readyz (200 or 503, then with the advice for an operator). Port 0 takes a free one. Rejects when the port is taken. No input
 * to the port ends the process: Node itself answers anything but HTTP with 400, 408 or 431, and closes the connection.
 */
export async function startHttpEndpoint(host: string, port: number, probed: Probed): Promise<HttpEndpoint> {
  const server = createServer(LIMITS, (request, response) => {
    void answerAnyway(request, response, probed);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await listening(server, host, port);
  // A connection that cannot be accepted (no file descriptor is left) is an error event of the server, and the server
  // goes on.
  server.on('error', (error) =>
    probed.log.error({ err: error, event: 'http' }, 'the HTTP port had an error'),
  );
  return {
    port: bound,
    close() {
      const { promise: closed, resolve: done } = Promise.withResolvers<undefined>();
      server.close(() => done(undefined));
      server.closeAllConnections();
      return closed;
    },
  };
}
