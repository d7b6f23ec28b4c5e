import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import fc from 'fast-check';
import { ServerError, Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannelClient } from './channels.ts';
import { callFailure, type CallFailure } from './client-errors.ts';
import { invalidArgument, refusalError, regionBehind, unavailable } from './errors.ts';
import type { RpcServer } from './server.ts';
import { clientOf, serve } from './test-service.ts';

/** What stock clients of gRPC allow for all metadata of an answer, less the room that proxies are left. */
const ALLOWED_BYTES = 7 * 1024;

let thrown: Error;
let server: RpcServer;
let session: ClientHttp2Session;
let channel: ReturnType<typeof clientOf>;
beforeEach(async () => {
  server = await serve(() => Promise.reject(thrown));
  session = connect(`http://127.0.0.1:${server.port}`);
  channel = clientOf([server.port], { maxAttempts: 1 });
});
afterEach(async () => {
  channel.close();
  session.destroy();
  await server.shutdown(0);
});

/** All metadata of a failed answer, headers and trailers, as HTTP/2 counts it: names, values, and 32 bytes for each. */
async function answerBytes(path = '/test.v1.TestService/Echo', body = Buffer.from('{"text":"x"}')) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let bytes = 0;
  const count = (headers: IncomingHttpHeaders) => {
    for (const [name, value] of Object.entries(headers))
      for (const one of [value].flat()) bytes += name.length + String(one).length + 32;
  };
  stream.on('response', count).on('trailers', count).resume();
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body.length, 1);
  stream.end(Buffer.concat([frame, body]));
  await once(stream, 'close');
  expect(bytes).toBeGreaterThan(0);
  return bytes;
}

async function told(error: Error): Promise<CallFailure & { readonly bytes: number }> {
  thrown = error;
  const bytes = await answerBytes();
  const caught = await channel.client.echo({ text: 'x' }).then(
    () => undefined,
    (reason: unknown) => callFailure(reason),
  );
  if (!caught) throw new Error('no failure');
  return { ...caught, bytes };
}

const shortOf = (
  count: number,
  subject: (index: number) => string,
  description = '6 asked, 0 there: 6 short',
) =>
  refusalError({
    kind: 'failed-precondition',
    code: 'INSUFFICIENT_STOCK',
    message: 'the stock does not reach',
    violations: Array.from({ length: count }, (_, index) => ({
      type: 'INSUFFICIENT_STOCK',
      subject: subject(index),
      description,
    })),
  });

describe('a refusal fits in the metadata that clients of any language take', () => {
  it('names as many of a hundred short products as fit, and says how many there are', async () => {
    const { bytes, violations, metadata, status } = await told(
      shortOf(1_200, (index) => `product/${10_000 + index}`),
    );
    expect(bytes).toBeLessThanOrEqual(ALLOWED_BYTES);
    expect(status).toBe('FAILED_PRECONDITION');
    expect(metadata).toEqual({ violations_total: '1200' });
    expect(violations.length).toBeGreaterThan(30);
    expect(violations[0]?.subject).toBe('product/10000');
  });

  it('names every one where all fit, and counts them', async () => {
    const { violations, metadata } = await told(shortOf(20, (index) => `product/${'x'.repeat(16)}${index}`));
    expect(violations).toHaveLength(20);
    expect(metadata).toEqual({ violations_total: '20' });
  });

  it('names one whose name and words are as long as can be', async () => {
    const long = '💥'.repeat(5_000);
    const { bytes, violations, metadata } = await told(shortOf(30, () => long, long));
    expect(bytes).toBeLessThanOrEqual(ALLOWED_BYTES);
    expect(metadata).toEqual({ violations_total: '30' });
    expect(violations[0]?.subject).toMatch(/^(💥)+…$/u);
  });

  it('so does a request whose every field is wrong', async () => {
    const fields = Array.from({ length: 1_200 }, (_, index) => ({
      field: `lines[${index}].unit_price.currency_code`,
      description: 'must be a code of ISO 4217',
    }));
    const { bytes, fieldViolations, metadata, message } = await told(invalidArgument(fields));
    expect(bytes).toBeLessThanOrEqual(ALLOWED_BYTES);
    expect(metadata).toEqual({ violations_total: '1200' });
    expect(fieldViolations.length).toBeGreaterThan(20);
    expect(message).toContain('and 1195 more');
  });

  it('so does a region that is behind in every partition of every context', async () => {
    const behindIn = (partitions: number) => ({
      region: 'eu-west',
      missing: ['catalog', 'inventory', 'customers', 'orders'].flatMap((context) =>
        Array.from({ length: partitions }, (_, partition) => ({
          partitionKey: `${context}/${partition}`,
          required: 2n ** 63n,
          applied: 2n ** 63n - 1n,
        })),
      ),
    });
    const usual = await told(regionBehind(behindIn(12)));
    expect(usual.bytes).toBeLessThanOrEqual(ALLOWED_BYTES);
    expect(Object.keys(usual.metadata)).toHaveLength(49);
    const many = await told(regionBehind(behindIn(100)));
    expect(many.bytes).toBeLessThanOrEqual(ALLOWED_BYTES);
    expect(many.metadata).toMatchObject({ region: 'eu-west', entries_total: '401' });
  });

  it('so does an error whose message repeats what its caller sent', async () => {
    const { bytes, status } = await told(new ServerError(Status.NOT_FOUND, 'é'.repeat(20_000)));
    expect([bytes <= ALLOWED_BYTES, status]).toEqual([true, 'NOT_FOUND']);
    const health = createChannelClient(HealthDefinition, [`127.0.0.1:${server.port}`]);
    const service = 'é'.repeat(20_000);
    const failure = await health.client.check({ service }).catch(callFailure);
    health.close();
    expect(failure).toMatchObject({ status: 'NOT_FOUND' });
    const body = HealthDefinition.methods.check.requestType.encode({ service }).finish();
    expect(await answerBytes('/grpc.health.v1.Health/Check', Buffer.from(body))).toBeLessThanOrEqual(
      ALLOWED_BYTES,
    );
  });

  it('whatever it says', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc.string({ unit: 'grapheme', maxLength: 3_000 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
      fc.nat({ max: 2_000 }).map((length) => `${' '.repeat(length)}\ud83d`),
    );
    const violation = fc.record({ type: text, subject: text, description: text });
    const error = fc.oneof(
      fc
        .record({ code: text, message: text, violations: fc.array(violation, { maxLength: 120 }) })
        .map((refusal) => refusalError({ kind: 'not-found', ...refusal })),
      fc.array(fc.record({ field: text, description: text }), { maxLength: 120 }).map(invalidArgument),
      fc
        .record({ message: text, metadata: fc.dictionary(text, text), retryDelayMs: fc.nat() })
        .map(({ message, ...more }) => unavailable('AWAY', message, more)),
    );
    await fc.assert(
      fc.asyncProperty(error, async (one) => {
        thrown = one;
        expect(await answerBytes()).toBeLessThanOrEqual(ALLOWED_BYTES);
      }),
      { numRuns: 40 },
    );
  });
});
