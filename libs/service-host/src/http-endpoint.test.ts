import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { pathOf, startHttpEndpoint, type HttpEndpoint, type Probed } from './http-endpoint.ts';
import { ChildService } from './testing/child-service.ts';

/** The answer of a port to these bytes, until the port closes the connection. */
async function answerTo(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  // A port may cut hostile connections as it likes.
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

describe('the HTTP endpoint', () => {
  const logged: unknown[] = [];
  let endpoint: HttpEndpoint | undefined;
  async function start(changes: Partial<Probed> = {}): Promise<number> {
    const log = { error: (fields: object) => void logged.push(fields) };
    const well = { isLive: () => true, isReady: () => true, advice: () => undefined };
    const probed = { registry: new Registry(), log, ...well, ...changes };
    endpoint = await startHttpEndpoint('127.0.0.1', 0, probed);
    return endpoint.port;
  }
  afterEach(async () => {
    logged.length = 0;
    await endpoint?.close();
  });

  it.each<[line: string, status: number]>([
    ['GET // HTTP/1.1', 404],
    ['GET //livez HTTP/1.1', 404],
    ['GET //:99999/ HTTP/1.1', 404],
    ['GET http://[ HTTP/1.1', 400],
    ['GET http://a:99999/livez HTTP/1.1', 400],
    ['GET http://a/livez HTTP/1.1', 200],
    ['GET /livez?a=b HTTP/1.1', 200],
    ['HEAD /readyz HTTP/1.1', 200],
    ['OPTIONS * HTTP/1.1', 405],
    ['POST /livez HTTP/1.1', 405],
    ['nonsense', 400],
    ['GET /LONG HTTP/1.1', 431],
  ])('answers %s with %i', async (line, status) => {
    const port = await start();
    const head = `${line.replace('LONG', 'a'.repeat(20_000))}\r\nHost: a\r\nConnection: close`;
    expect(statusOf(await answerTo(port, `${head}\r\n\r\n`))).toBe(status);
  });

  it('says with 503 what an operator has to do, where somebody has to do something', async () => {
    const said: { advice?: string } = {};
    const port = await start({ isReady: () => false, advice: () => said.advice });
    const ready = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      return `${response.status} ${await response.text()}`;
    };
    expect(await ready()).toBe('503 not ready\n');
    said.advice = 'turn the key';
    expect(await ready()).toBe('503 not ready: turn the key\n');
  });

  it('answers 500 and logs when what it asks throws or rejects', async () => {
    const registry = new Registry();
    registry.metrics = () => Promise.reject(new Error('no metrics'));
    const broken = (): never => {
      throw new Error('cannot tell');
    };
    const port = await start({ registry, isLive: broken, isReady: broken });
    for (const path of ['/metrics', '/livez', '/readyz'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(500);
    expect(logged).toHaveLength(3);
  });
});

describe('the path of a request', () => {
  it('is taken from any text without an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (target) => void pathOf(target)));
    fc.assert(fc.property(fc.webUrl(), (target) => pathOf(target) === new URL(target).pathname));
  });
});

const texts = (...all: readonly string[]) => fc.constantFrom(...all);
const target = fc.oneof(
  texts(
    '/',
    '//',
    '/livez',
    '/metrics',
    '*',
    '//:',
    '//x:99999/',
    'http://[',
    'http://a:99999/',
    '//%00/',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.webUrl(),
);
const header = fc.oneof(
  texts('Host: a', 'Host: ', 'Content-Length: 9999', 'Content-Length: -1', 'Transfer-Encoding: chunked'),
  texts(
    'Expect: 100-continue',
    'Expect: more',
    'Upgrade: h2c\r\nConnection: Upgrade',
    ': nameless',
    'no colon',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.nat({ max: 20_000 }).map((length) => `X-Long: ${'x'.repeat(length)}`),
);
const body = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  texts('5\r\nhello\r\n0\r\n\r\n', 'fffffffffffffffff\r\n', '-1\r\n'),
);
const usually = <T>(usual: T, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
/** A request that is odd in one or two places: a request that is odd everywhere is refused at its first line. */
const request = fc
  .record({
    method: usually('GET', fc.oneof(texts('HEAD', 'POST', 'CONNECT', 'PRI'), fc.string({ maxLength: 8 }))),
    target,
    version: usually('HTTP/1.1', texts('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '')),
    headers: usually(['Host: a'], fc.array(header, { maxLength: 6 })),
    body: usually('', body),
    encoding: fc.constantFrom('utf8', 'latin1'),
  })
  .map(({ method, target: asked, version, headers, body: sent, encoding }) =>
    Buffer.from(`${method} ${asked} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${sent}`, encoding),
  );
const hostile = fc.array(fc.oneof(request, fc.uint8Array({ maxLength: 300 })), {
  minLength: 1,
  maxLength: 8,
});

describe('a service', () => {
  it('goes on whatever is sent to its HTTP port', async () => {
    const service = new ChildService();
    try {
      const port = Number((await service.line('ready'))['httpPort']);
      const failed = service.line('failed').then((line) => Promise.reject(new Error(JSON.stringify(line))));
      const goesOn = async (messages: readonly Uint8Array[]): Promise<void> => {
        await Promise.race([failed, Promise.all(messages.map((message) => answerTo(port, message)))]);
        const answer = await answerTo(port, 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        expect(statusOf(answer)).toBe(200);
      };
      // The end of the service below is no failure.
      failed.catch(() => undefined);
      // A service that ended does not restart. A smaller example would prove nothing, so fast-check must not look for
      // one.
      await fc.assert(fc.asyncProperty(hostile, goesOn), { numRuns: 40, endOnFailure: true });
    } finally {
      service.child.kill('SIGKILL');
      await service.exit;
    }
  });
});
