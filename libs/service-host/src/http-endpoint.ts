import { createServer, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** What the endpoint tells of. */
export interface Probed {
  readonly registry: Registry;
  isLive(): boolean;
  isReady(): boolean;
}

/** An HTTP server that listens. */
export interface HttpEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function metrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    answer(response, 200, await registry.metrics(), registry.contentType);
  } catch (error) {
    answer(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function respond(path: string, probed: Probed, response: ServerResponse): Promise<void> {
  if (path === '/metrics') return metrics(response, probed.registry);
  if (path === '/livez')
    return answer(response, probed.isLive() ? 200 : 503, probed.isLive() ? 'live\n' : 'not live\n');
  if (path === '/readyz')
    return answer(response, probed.isReady() ? 200 : 503, probed.isReady() ? 'ready\n' : 'not ready\n');
  return answer(response, 404, 'there are /metrics, /livez and /readyz\n');
}

/** Serves /metrics, /livez and /readyz (200 or 503). Port 0 takes a free one. Rejects when the port is taken. */
export async function startHttpEndpoint(host: string, port: number, probed: Probed): Promise<HttpEndpoint> {
  const server = createServer((request, response) => {
    void respond(new URL(request.url ?? '/', 'http://localhost').pathname, probed, response);
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, host, () => resolve(undefined));
  await listening;
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close() {
      const { promise: closed, resolve: done } = Promise.withResolvers<undefined>();
      server.close(() => done(undefined));
      server.closeAllConnections();
      return closed;
    },
  };
}
